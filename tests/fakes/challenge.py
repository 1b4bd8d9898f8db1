"""`WWW-Authenticate` in every grammar that registries use (upstreams.md 2.1, RFC 9110 11.6.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ask:
    """What a Bearer challenge says; empty `scope` and `error` are left out."""

    realm: str
    service: str
    scope: str = ""
    error: str = ""

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The parameters in the usual order."""
        every = [("realm", self.realm), ("service", self.service), ("scope", self.scope), ("error", self.error)]
        return [(key, value) for key, value in every if value]


Challenge = Callable[[Ask], list[str]]


def _quoted(parameters: list[tuple[str, str]], separator: str = ",", equals: str = "=") -> str:
    return separator.join(f'{key}{equals}"{value}"' for key, value in parameters)


def bearer(ask: Ask) -> list[str]:
    """As Docker Hub writes it."""
    return [f"Bearer {_quoted(ask.parameters)}"]


def _in_any_order(ask: Ask) -> list[str]:
    return [f"Bearer {_quoted(ask.parameters[::-1])}"]


def _odd_case(ask: Ask) -> list[str]:
    return ["bEARER " + _quoted([(key.title(), value) for key, value in ask.parameters])]


def _roomy(ask: Ask) -> list[str]:
    return [f"Bearer   {_quoted(ask.parameters, ' ,  ', ' = ')} "]


def _unquoted_service(ask: Ask) -> list[str]:
    rest = [(key, value) for key, value in ask.parameters if key != "service"]
    return [f"Bearer service={ask.service},{_quoted(rest)}"]


def _several_headers(ask: Ask) -> list[str]:
    return ['Basic realm="Registry Realm"', *bearer(ask)]


def _several_in_one(ask: Ask) -> list[str]:
    return [f'Basic realm="Registry, with a comma", {bearer(ask)[0]}, Negotiate']


def _negotiate_first(ask: Ask) -> list[str]:
    return ["Negotiate, NTLM TlRMTVNTUAABAAAA==", *bearer(ask)]


def _quoted_commas(ask: Ask) -> list[str]:
    return [f'Bearer error_description="no token, no pull, sorry",{_quoted(ask.parameters)}']


def _escaped_quotes(ask: Ask) -> list[str]:
    return [f'Bearer error_description="say \\"please\\", then realm=\\"x\\"",{_quoted(ask.parameters)}']


def _empty_elements(ask: Ask) -> list[str]:
    return [f", ,{bearer(ask)[0]},,"]


GOOD_CHALLENGES: dict[str, Challenge] = {
    "bearer": bearer,
    "any_order": _in_any_order,
    "odd_case": _odd_case,
    "roomy": _roomy,
    "unquoted_service": _unquoted_service,
    "several_headers": _several_headers,
    "several_in_one": _several_in_one,
    "negotiate_first": _negotiate_first,
    "quoted_commas": _quoted_commas,
    "escaped_quotes": _escaped_quotes,
    "empty_elements": _empty_elements,
}
"""A client must find the Bearer challenge in each of these."""

BAD_CHALLENGES: dict[str, Challenge] = {
    "no_header": lambda _: [],
    "empty": lambda _: [""],
    "no_realm": lambda ask: [f'Bearer service="{ask.service}",scope="{ask.scope}"'],
    "empty_realm": lambda ask: [f'Bearer realm="",service="{ask.service}"'],
    "only_a_word": lambda _: ["Bearer"],
    "unknown_scheme": lambda _: ['Digest realm="x", nonce="y", qop="auth,auth-int"'],
    "open_quote": lambda ask: [f'Bearer realm="{ask.realm},service={ask.service}'],
    "not_a_url": lambda ask: [f'Bearer realm="token please",service="{ask.service}"'],
    "file_realm": lambda ask: [f'Bearer realm="file:///etc/passwd",service="{ask.service}"'],
    "noise": lambda _: ['=,;"\\"'],
}
"""None of these can be followed: the pull must end in a sentence."""

HOSTILE_REALMS: dict[str, str] = {
    "private_address": "https://10.255.255.1/token",
    "link_local_metadata": "http://169.254.169.254/latest/meta-data/",
    "private_over_http": "http://192.168.99.99:8080/token",
    "unique_local_v6": "https://[fd00::1]/token",
    "public_over_http": "http://192.0.2.55/token",
    "credentials_in_url": "http://user:word@192.168.99.99/token",
}
"""Realms that a registry on loopback has no business to name (product.md, "Access")."""
