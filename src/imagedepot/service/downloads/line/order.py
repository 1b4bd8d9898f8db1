"""The order of downloads that wait for their turn, and how one is moved in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from imagedepot.model.download import Download


def moved(line: Sequence[Download], download: Download, place: int) -> list[Download]:
    """The line with `download` at `place`, from 1, of those that wait; behind all of them if there are fewer."""
    others = [each for each in line if each.id != download.id]
    waiting = [at for at, each in enumerate(others) if each.queued]
    at = waiting[place - 1] if place <= len(waiting) else len(others)
    return [*others[:at], download, *others[at:]]


def turns(before: Sequence[Download], after: Sequence[Download]) -> Mapping[str, int]:
    """The turns, by id, that keep the new order; none for those behind the last one whose place changed.

    Their turns are higher, if they have any: turns never shrink while the line does.
    """
    changed = [at for at, (old, new) in enumerate(zip(before, after, strict=True)) if old.id != new.id]
    return {each.id: turn for turn, each in enumerate(after[: changed[-1] + 1])} if changed else {}
