"""Checks ID tokens (OpenID Connect Core 1.0, 3.1.3.7): signature, issuer, audience, times, nonce."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagedepot.errors import InvalidAnswer

# Signatures by a key that the provider alone has: neither `none` nor an HMAC with the client's secret.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"]
_LEEWAY_SECONDS = 60
_LONGEST = 64 << 10


def check_id_token(text: str, keys: Mapping[str, Any], iss: str, aud: str, nonce: str) -> Mapping[str, Any]:
    """The claims of the token. `keys` is the provider's JWK Set.

    Raises `InvalidAnswer`, and `LookupError` for a token whose key is not among them.
    """
    # Late: only a sign-in needs them.
    from joserfc import jws, jwt
    from joserfc.errors import InvalidKeyIdError, JoseError
    from joserfc.jwk import KeySet

    if len(text) > _LONGEST:
        raise InvalidAnswer(f"{iss} gave an ID token that is too long")
    try:
        key_set = KeySet.import_key_set({"keys": _signing(keys)})
        registry = jws.JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
        token = jwt.decode(text, key_set, algorithms=_ALGORITHMS, registry=registry)
        essential = {"essential": True}
        jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "values": [iss, f"{iss}/"]},
            aud={"essential": True, "value": aud},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True, "allow_blank": False},
            exp=essential,  # type: ignore[arg-type]
            iat=essential,  # type: ignore[arg-type]
        ).validate(token.claims)
    except InvalidKeyIdError as error:
        raise LookupError(text[:20]) from error
    except (JoseError, ValueError, TypeError) as error:
        raise InvalidAnswer(f"{iss} gave an ID token that is not valid: {str(error)[:200]}") from error
    claims = token.claims
    audiences = claims["aud"]
    azp = claims.get("azp")
    if (azp is not None and azp != aud) or (isinstance(audiences, list) and len(audiences) > 1 and azp is None):
        raise InvalidAnswer(f"{iss} gave an ID token that is for another client")
    if not isinstance(claims["sub"], str):
        raise InvalidAnswer(f"{iss} gave an ID token whose subject is not text")
    return claims


def _signing(keys: Mapping[str, Any]) -> list[Any]:
    """Keys of other kinds or for other uses must not make the set unreadable."""
    found = keys.get("keys")
    known = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return [each for each in known if each.get("kty") in ("RSA", "EC", "OKP") and each.get("use", "sig") == "sig"]
