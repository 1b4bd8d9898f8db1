"""Versions in tags, and ranges of them (`^7.2`, `~10.10`, `>=1.4 <2`).

Our own, because tags are no semantic versions: `4.0.10.2544-ls254` has four numbers, `2024.01.3` a zero in front, and
`7.2-alpine` is no release before 7.2 but another image. So only tags of the same *shape* are compared: as many numbers,
and the same text around them. `7.2` (which moves with each 7.2.x) is followed by `7.4`, never by `7.4.1`; `7.2-alpine`
by `7.4-alpine`; a release never by a pre-release, whose text differs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from imagedepot.errors import InvalidInput

_TAG = re.compile(r"([vV]?)(\d{1,9}(?:\.\d{1,9}){0,5})((?:[-_+.a-zA-Z][-\w.+]*)?)", re.ASCII)
_NUMBERS = re.compile(r"\d{1,9}", re.ASCII)
_PART = re.compile(r"(\^|~|>=|<=|>|<|=|)v?(\d{1,9}(?:\.\d{1,9}){0,5})((?:\.[xX*]){0,3})", re.ASCII)
_LONGEST = 100

Numbers = tuple[int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """The numbers of a tag, those in the text behind them, and its shape."""

    numbers: Numbers
    more: Numbers
    shape: tuple[str, int, str]

    @classmethod
    def of(cls, tag: str) -> Self | None:
        """The version in a tag; None for a tag without one, such as `latest`."""
        found = _TAG.fullmatch(tag)
        if found is None:
            return None
        numbers = tuple(map(int, found[2].split(".")))
        more = tuple(map(int, _NUMBERS.findall(found[3])))
        return cls(numbers, more, (found[1].lower(), len(numbers), _NUMBERS.sub("0", found[3])))


@dataclass(frozen=True, slots=True)
class VersionRange:
    """The versions from each of `least` on, and below each of `below`."""

    least: tuple[Numbers, ...]
    below: tuple[Numbers, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """`^7.2` is from 7.2 to below 8, `^0.3` to below 0.4, `~10.10` to below 10.11; also `7.x`, `*`, and comparisons
        with blanks or commas between. Raises `InvalidInput`."""
        least: list[Numbers] = []
        below: list[Numbers] = []
        if len(text) > _LONGEST:
            raise _invalid(text)
        parts = re.sub(r"([<>=^~])\s+", r"\1", text).replace(",", " ").split()
        if not parts:
            raise _invalid(text)
        for part in parts:
            if part in ("*", "x"):
                continue
            found = _PART.fullmatch(part)
            if found is None:
                raise _invalid(text)
            sign, numbers, is_open = found[1], tuple(map(int, found[2].split("."))), bool(found[3])
            if sign in (">=", ">", "^", "~", "=", ""):
                least.append(_next(numbers) if sign == ">" else numbers)
            match sign:
                case "^":
                    below.append(_next(numbers[: _first_that_counts(numbers)]))
                case "~":
                    below.append(_next(numbers[:2]))
                case "<":
                    below.append(numbers)
                case "<=" | "=":
                    below.append(_next(numbers))
                case "":
                    if not is_open and len(parts) == 1:
                        raise _invalid(text)  # one version is a tag, and no range
                    below.append(_next(numbers))
                case _:
                    pass
        return cls(tuple(least), tuple(below))

    def holds(self, version: Version) -> bool:
        numbers = _padded(version.numbers)
        return all(numbers >= _padded(each) for each in self.least) and all(
            numbers < _padded(each) for each in self.below
        )


def newest(tags: Iterable[str], like: str, within: VersionRange) -> str | None:
    """The newest tag within the range that has the shape of `like`; None where there is none, or `like` no version."""
    shape = Version.of(like)
    if shape is None:
        return None
    known = [(version, tag) for tag in tags if (version := Version.of(tag)) is not None]
    fitting = [pair for pair in known if pair[0].shape == shape.shape and within.holds(pair[0])]
    return max(fitting)[1] if fitting else None


def _first_that_counts(numbers: Numbers) -> int:
    """How many numbers a `^` keeps: up to the first that is not 0."""
    return next((at + 1 for at, number in enumerate(numbers) if number), len(numbers))


def _next(numbers: Numbers) -> Numbers:
    return (*numbers[:-1], numbers[-1] + 1)


def _padded(numbers: Numbers) -> Numbers:
    return (numbers + (0,) * 6)[:6]


def _invalid(text: str) -> InvalidInput:
    return InvalidInput(f"{text[:60]!r} is not a range of versions: write ^7.2, ~10.10, 7.x or >=1.4 <2")
