"""Tags as people look for them: what is current, versions from the newest on, pre-releases, the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class TagKind(StrEnum):
    CURRENT = "current"
    VERSION = "version"
    PRE_RELEASE = "pre-release"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TagGroup:
    """Tags of one kind; versions have a group for each major one, which `major` names ("" for the other kinds)."""

    kind: TagKind
    major: str
    tags: tuple[str, ...]


_CURRENT = ("latest", "stable", "lts", "release", "current", "mainline")
_LONGEST_NUMBER = 5  # longer ones are dates and serial numbers, which are no major versions
_VERSION = re.compile(r"(?:v|version-|release-)?(\d+(?:\.\d+)*)(?![\d.])(.*)", re.DOTALL | re.IGNORECASE)
_COMMIT = re.compile(r"sha-?[0-9a-f]{7,64}|(?=.*[a-f])[0-9a-f]{7,64}")
_UNFINISHED = re.compile(
    r"(?:(?:^|[^a-z])(?:alpha|beta|rc|dev|develop|development|nightly|canary|edge|testing|preview|pre|snapshot|unstable|next)"
    r"|(?<=\d)[ab](?=\d))(?![a-z])",
    re.IGNORECASE,
)
_STAGE = re.compile(r"[-_.+~]?(alpha|beta|rc|a|b)[-_.]?(\d{0,9})(?![a-z\d])", re.IGNORECASE)
_STAGES = "_rba"
_UNLIMITED = 1 << 62  # `17` is the newest of all that begin with 17


def group_tags(tags: Iterable[str]) -> Sequence[TagGroup]:
    """The groups that have tags, in order; each tag is in one."""
    current: list[str] = []
    majors: dict[int, list[tuple[_Key, str]]] = {}
    unfinished: list[tuple[_Key, str]] = []
    others: list[str] = []
    for tag in dict.fromkeys(tags):
        version = _version(tag)
        if tag in _CURRENT:
            current.append(tag)
        elif _COMMIT.fullmatch(tag):
            others.append(tag)
        elif _UNFINISHED.search(tag):
            unfinished.append((_key(*version) if version else _NO_VERSION, tag))
        elif version:
            majors.setdefault(version[0][0], []).append((_key(*version), tag))
        else:
            others.append(tag)
    groups = [TagGroup(TagKind.CURRENT, "", tuple(sorted(current, key=_CURRENT.index)))]
    groups += [TagGroup(TagKind.VERSION, str(major), _ordered(majors[major])) for major in sorted(majors, reverse=True)]
    groups.append(TagGroup(TagKind.PRE_RELEASE, "", _ordered(unfinished)))
    groups.append(TagGroup(TagKind.OTHER, "", tuple(sorted(others))))
    return [group for group in groups if group.tags]


_Key = tuple[tuple[int, ...], tuple[int, int], str]
_NO_VERSION: _Key = ((1,), (0, 0), "")


def _version(tag: str) -> tuple[tuple[int, ...], str] | None:
    """The numbers of a version, and what follows them: `17.2-alpine` is ((17, 2), "-alpine")."""
    found = _VERSION.fullmatch(tag)
    if found is None:
        return None
    numbers = found[1].split(".")
    if len(numbers[0]) > _LONGEST_NUMBER or any(len(number) > 18 for number in numbers):
        return None
    return tuple(map(int, numbers)), found[2]


def _key(numbers: tuple[int, ...], rest: str) -> _Key:
    """A sort key for the order that people expect: new first, `17` before `17.2`, plain before `-alpine`."""
    return tuple(-number for number in (*numbers, _UNLIMITED)), _stage(rest), rest


def _stage(rest: str) -> tuple[int, int]:
    """How far a pre-release is, the farthest first: `-rc3`, `-rc2`, `beta1`, `alpha`."""
    found = _STAGE.match(rest)
    if found is None:
        return 0, 0
    return _STAGES.index(found[1][0].lower()), -int(found[2] or 0)


def _ordered(pairs: list[tuple[_Key, str]]) -> tuple[str, ...]:
    return tuple(tag for _, tag in sorted(pairs))
