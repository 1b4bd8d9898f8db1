"""Encodes and decodes JSON, for what the service keeps for itself and for bodies."""

from __future__ import annotations

from typing import Any

import msgspec

encode = msgspec.json.Encoder().encode
"""A value as compact UTF-8."""


def decode(content: bytes | str) -> Any:
    """Raises `ValueError` for whatever is no JSON."""
    try:
        return msgspec.json.decode(content)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
