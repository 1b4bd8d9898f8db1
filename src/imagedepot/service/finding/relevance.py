"""The order of search results: the nearest title first.

An exact title comes before a title that begins so, then titles with a word that begins so, names, and descriptions. Of
equals, whole words come first, then curated images, then those that are pulled most. Where no title or name answers,
one typo in a word of five letters or more is forgiven.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias, TypeVar

from imagedepot.model.image import Found

T = TypeVar("T")

_EXACT, _PREFIX, _WORD, _NAME, _DESCRIPTION, _TYPO, _TYPO_IN_NAME = range(7)
_SHORTEST_WITH_A_TYPO = 5
_MOST_WORDS = 10  # each is looked for in every row
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts and figures by which a row is found and ranked. `pulls` is 0 where they are not counted."""

    title: str
    name: str
    description: str = ""
    is_curated: bool = False
    pulls: int = 0
    stars: int = 0


class _Folded(NamedTuple):
    """`joined` has no blanks and no punctuation, so that `pihole` is found as Pi-hole."""

    words: tuple[str, ...]
    joined: str


def texts_of(row: Found) -> Texts:
    curated = row.is_official or row.is_trusted
    title = row.title or row.name
    return Texts(title, row.name, row.description, curated, row.pull_count or 0, row.star_count)


def ranked(rows: Iterable[T], sought: str, texts: Callable[[T], Texts]) -> list[T]:
    """The rows that `sought` finds, best first; rows that are equally good stay in their order."""
    wanted = _folded(sought)
    if not wanted.words:
        return []
    wanted = wanted._replace(words=wanted.words[:_MOST_WORDS])
    pairs = [(row, texts(row)) for row in rows]
    found = [(rank, row) for row, each in pairs if (rank := _rank(each, wanted)) is not None]
    if all(rank[0] >= _DESCRIPTION for rank, _ in found):
        known = {id(row) for _, row in found}
        meant = ((_misspelt(each, wanted), row) for row, each in pairs if id(row) not in known)
        found += [(rank, row) for rank, row in meant if rank is not None]
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


_Rank: TypeAlias = tuple[int, bool, bool, int, int, int]


def _rank(texts: Texts, sought: _Folded) -> _Rank | None:
    title = _folded(texts.title)
    tier = _tier(texts, title, sought.words, sought.joined)
    if tier is None and len(sought.words) > 1:  # each word may be found in another place
        tiers = [_tier(texts, title, (word,), word) for word in sought.words]
        tier = None if None in tiers else max(_WORD, *(each for each in tiers if each is not None))
    return None if tier is None else _order(tier, texts, title, sought)


def _tier(texts: Texts, title: _Folded, words: tuple[str, ...], joined: str) -> int | None:
    if title.joined == joined or _folded(texts.name.rpartition("/")[2]).joined == joined:
        return _EXACT
    if title.joined.startswith(joined):
        return _PREFIX
    if _has_words(title.words, words):
        return _WORD
    if joined in title.joined or joined in _folded(texts.name).joined:
        return _NAME
    if " ".join(words) in " ".join(_folded(texts.description).words):
        return _DESCRIPTION
    return None


def _has_words(title: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether the words stand in the title side by side; the last may be the beginning of one."""
    *whole, last = words
    for start in range(len(title) - len(whole)):
        if [*title[start : start + len(whole)]] == whole and title[start + len(whole)].startswith(last):
            return True
    return False


def _order(tier: int, texts: Texts, title: _Folded, sought: _Folded) -> _Rank:
    has_whole_words = set(sought.words) <= {*title.words, title.joined}
    return tier, not has_whole_words, not texts.is_curated, -texts.pulls, -texts.stars, len(title.joined)


def _misspelt(texts: Texts, sought: _Folded) -> _Rank | None:
    title = _folded(texts.title)
    names = {*title.words, title.joined}
    for tier, places in ((_TYPO, names), (_TYPO_IN_NAME, {*names, *_folded(texts.name).words})):
        if all(_is_nearly(word, places) for word in sought.words):
            return _order(tier, texts, title, sought)
    return None


def _is_nearly(word: str, names: set[str]) -> bool:
    """Whether one letter too many, too few, wrong, or two that changed places make `word` the beginning of a name."""
    if any(name.startswith(word) for name in names):
        return True
    if len(word) < _SHORTEST_WITH_A_TYPO:
        return False
    from rapidfuzz.distance import OSA  # late: only a search without a hit needs it

    starts = {name[: len(word) + more] for name in names for more in (-1, 0, 1)}
    return any(OSA.distance(word, start, score_cutoff=1) <= 1 for start in starts)


@lru_cache(maxsize=20_000)
def _folded(text: str) -> _Folded:
    words = tuple(_WORDS.findall(text.casefold()))
    return _Folded(words, "".join(words))
