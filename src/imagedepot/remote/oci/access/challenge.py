"""Parses `WWW-Authenticate` in its whole grammar (RFC 9110, 11.6.1): several headers, several challenges in one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PARAMETER = re.compile(rf"({_WORD})[ \t]*=[ \t]*({_QUOTED}|[^\s,\"=][^\s,\"]*)[ \t]*(?:,|$)")
_SCHEME = re.compile(rf"({_WORD})(?=[ \t,]|$)")
_TOKEN68 = re.compile(r"[A-Za-z0-9\-._~+/]+=*[ \t]*(?:,|$)")
_BETWEEN = re.compile(r"[ \t,]*")
_LONGEST = 8192


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge. `scheme` and the names of parameters are in lower case; of equal names the first counts."""

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(headers: Iterable[str]) -> list[Challenge]:
    """All challenges of all headers, in order; a header is read up to its first syntax error."""
    return [challenge for header in headers for challenge in _parse(header[:_LONGEST])]


def _parse(text: str) -> list[Challenge]:
    found: list[tuple[str, dict[str, str]]] = []
    at = _skip(text, 0)
    while at < len(text):
        parameter = _PARAMETER.match(text, at) if found else None
        if parameter is not None:
            found[-1][1].setdefault(parameter[1].lower(), _unquoted(parameter[2]))
            at = _skip(text, parameter.end())
            continue
        scheme = _SCHEME.match(text, at)
        if scheme is None:
            break
        found.append((scheme[1].lower(), {}))
        after = scheme.end()
        at = _skip(text, after)
        blob = _TOKEN68.match(text, at) if at > after and text[after] != "," else None
        if blob is not None and _PARAMETER.match(text, at) is None:
            at = _skip(text, blob.end())
    return [Challenge(scheme, parameters) for scheme, parameters in found]


def _skip(text: str, at: int) -> int:
    between = _BETWEEN.match(text, at)
    return between.end() if between else at


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text
