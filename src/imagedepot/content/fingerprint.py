"""The fingerprint of an LXC image: the sha256 over all of its files in order, as LXD and image servers compute it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from imagedepot.protocols import BlobReader

_CHUNK = 1 << 20


def fingerprint_of(files: Iterable[BlobReader], tick: Callable[[], None] = lambda: None) -> str:
    """The fingerprint in hex. Closes each file; `tick` is called again and again, and may raise to end it."""
    hasher = hashlib.sha256()
    for file in files:
        with file:
            while chunk := file.read(_CHUNK):
                tick()
                hasher.update(chunk)
    return hasher.hexdigest()
