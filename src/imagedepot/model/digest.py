"""Content digests as the OCI image specification defines them (descriptor.md, "Digests")."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from imagedepot.errors import InvalidReference

if TYPE_CHECKING:
    from hashlib import _Hash

_HEX_LENGTH = {"sha256": 64, "sha512": 128}
_HEX = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """`algorithm:hex`, for the two registered algorithms alone, so that a digest is always safe as a file name."""

    algorithm: str
    hex: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `InvalidReference` for anything but a well-formed sha256 or sha512 digest."""
        algorithm, _, digits = text.partition(":")
        if _HEX_LENGTH.get(algorithm) != len(digits) or not _HEX.fullmatch(digits):
            raise InvalidReference(f"Not a digest: {text[:150]!r}")
        return cls(algorithm, digits)

    @classmethod
    def try_parse(cls, text: object) -> Self | None:
        """Like `parse`, but None instead of an error."""
        try:
            return cls.parse(text) if isinstance(text, str) else None
        except InvalidReference:
            return None

    @classmethod
    def of(cls, content: bytes, algorithm: str = "sha256") -> Self:
        return cls(algorithm, hashlib.new(algorithm, content, usedforsecurity=False).hexdigest())

    def hasher(self) -> _Hash:
        """A fresh hash object of this digest's algorithm."""
        return hashlib.new(self.algorithm, usedforsecurity=False)

    @classmethod
    def from_key(cls, key: str) -> Self | None:
        """Parse a part key (`sha256-<hex>`); None for other keys."""
        try:
            return cls.parse(key.replace("-", ":", 1))
        except InvalidReference:
            return None

    @property
    def key(self) -> str:
        """The part key, which also names the partial file: `sha256-<hex>`."""
        return f"{self.algorithm}-{self.hex}"

    @property
    def short(self) -> str:
        """The first twelve digits, as Docker shows them."""
        return self.hex[:12]

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"
