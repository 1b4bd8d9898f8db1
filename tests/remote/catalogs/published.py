"""Real catalogs, as their makers publish them."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).with_name("data")


def real(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()
