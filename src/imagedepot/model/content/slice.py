"""A part of all digests, so that several can look through what is stored at the same time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from imagedepot.errors import InvalidInput

_MOST = 256  # there are as many pairs of hexadecimal digits
_TEXT = re.compile(r"([0-9]{1,3})/([0-9]{1,3})")
_HEX = re.compile(r"[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Slice:
    """Number `number` (from 1) of `of` parts, by the first two digits of a digest."""

    number: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """`2/8`. Raises `InvalidInput`."""
        found = _TEXT.fullmatch(text)
        number, of = (int(found[1]), int(found[2])) if found else (0, 0)
        if not 1 <= number <= of <= _MOST:
            raise InvalidInput(f"A slice is written as 2/8, of at most {_MOST} slices: {text[:50]!r} is not one")
        return cls(number, of)

    def has(self, hex_digits: str) -> bool:
        """Whether a digest is in this part: each is in exactly one, and a name that is not a digest in the first."""
        prefix = hex_digits[:2]
        return (int(prefix, 16) % self.of if _HEX.fullmatch(prefix) else 0) == self.number - 1


WHOLE = Slice()
