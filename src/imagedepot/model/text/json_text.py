"""Reads and writes JSON from outside, so that every program can read what we pass on of it."""

from __future__ import annotations

import json
import math
from typing import Any

_LEAST, _MOST = -(1 << 63), (1 << 64) - 1
_MOST_DIGITS = 20


def parse_json(raw: bytes | str) -> Any:
    """Parse JSON, with null for NaN, Infinity, and numbers of more than 64 bits.

    Raises `ValueError`, `RecursionError`.
    """
    return json.loads(raw, parse_int=_integer, parse_float=_float, parse_constant=_nothing)


def json_text(value: object, indent: int | None = None, separators: tuple[str, str] | None = None) -> str:
    """Encode as JSON in ASCII, with null for NaN and Infinity."""
    try:
        return json.dumps(value, indent=indent, separators=separators, allow_nan=False)
    except ValueError:
        finite = json.loads(json.dumps(value), parse_constant=_nothing)
        return json.dumps(finite, indent=indent, separators=separators)


def _integer(digits: str) -> int | None:
    if len(digits.lstrip("-")) > _MOST_DIGITS:  # Python itself refuses to read thousands of digits
        return None
    number = int(digits)
    return number if _LEAST <= number <= _MOST else None


def _float(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _nothing(_: str) -> None:
    return None
