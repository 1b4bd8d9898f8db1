"""ID tokens: what is wrong with one is found, whatever it is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from imagedepot.errors import InvalidAnswer
from imagedepot.remote.oidc.id_token import check_id_token

ISSUER, CLIENT, NONCE = "https://id.example", "imagedepot", "n-0S6"
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
OTHER = RSAKey.generate_key(2048, {"kid": "rsa"})
KEYS: Mapping[str, Any] = {
    "keys": [
        {"kty": "XYZ", "kid": "of tomorrow"},
        "nonsense",
        {**RSA.as_dict(private=False), "kid": "encryption", "use": "enc"},
        *(key.as_dict(private=False) for key in (RSA, EC, ED)),
    ]
}


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": CLIENT, "sub": "248", "nonce": NONCE, "iat": now, "exp": now + 300, **changes}
    return {name: value for name, value in usual.items() if value is not None}


def token(content: Mapping[str, Any], key: Any = RSA, alg: str = "RS256", **header: Any) -> str:
    registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    return jwt.encode({"alg": alg, "kid": key.kid, **header}, dict(content), key, registry=registry)


def check(text: str, keys: Mapping[str, Any] = KEYS) -> Mapping[str, Any]:
    return check_id_token(text, keys, ISSUER, CLIENT, NONCE)


@pytest.mark.parametrize(("key", "alg"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256"), (ED, "Ed25519")])
def test_a_good_one_is_taken(key: Any, alg: str) -> None:
    assert check(token(claims(), key, alg))["sub"] == "248"
    assert check(token(claims(aud=[CLIENT]), key, alg, typ="JWT", of_their_own="x"))["sub"] == "248"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"aud": []},
        {"aud": [CLIENT, "another"]},  # for two, and nobody says to whom it was given
        {"azp": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": ""},
        {"sub": None},
        {"sub": ""},
        {"sub": 248},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"exp": "soon"},
        {"iat": None},
        {"nbf": 9_000_000_000},
    ],
    ids=str,
)
def test_claims_that_are_not_ours_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidAnswer, match=r"^https://id\.example gave an ID token"):
        check(token(claims(**changes)))


def test_a_signature_of_another_key_is_refused() -> None:
    with pytest.raises(InvalidAnswer):
        check(token(claims(), OTHER))


def test_a_key_that_is_not_published_is_looked_for_again() -> None:
    with pytest.raises(LookupError):
        check(token(claims(), RSAKey.generate_key(2048, {"kid": "new"})))


def test_no_token_is_taken_unsigned_or_signed_with_what_others_know() -> None:
    head, body, _ = token(claims()).split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    secret = OctKey.import_key("the client's secret, which is long enough for HS256", {"kid": "rsa"})
    symmetric = base64.urlsafe_b64encode(b'{"alg": "HS256", "kid": "rsa"}').rstrip(b"=").decode()
    mac = hmac.new(RSA.as_pem(private=False), f"{symmetric}.{body}".encode(), hashlib.sha256).digest()
    public = f"{symmetric}.{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    forged = [f"{none}.{body}.", f"{head}.{body}.", f"{head}.{body}.AAAA", "", "a.b.c", "x" * 100_000]
    forged += [public, token(claims(), secret, "HS256")]
    for text in forged:
        with pytest.raises((InvalidAnswer, LookupError)):
            check(text)


@pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": None}, {"keys": "x"}, {"keys": [{"kty": "RSA"}]}], ids=str)
def test_keys_that_are_none_let_nobody_in(keys: Mapping[str, Any]) -> None:
    with pytest.raises((InvalidAnswer, LookupError)):
        check(token(claims()), keys)
