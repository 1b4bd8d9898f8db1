"""The fingerprint of an LXC image: the sha256 over all of its files in order, as LXD and image servers count it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

_CHUNK = 1 << 20


def fingerprint_of(files: Iterable[Path], tick: Callable[[], None] = lambda: None) -> str:
    """In hex. `tick` is called again and again, and may raise to end it."""
    hasher = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                tick()
                hasher.update(chunk)
    return hasher.hexdigest()
