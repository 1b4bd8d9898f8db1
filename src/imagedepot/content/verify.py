"""Verification: read every file again, and check that each matches its digest and that nothing is missing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from imagedepot.errors import InvalidReference
from imagedepot.model.content.slice import WHOLE, Slice
from imagedepot.model.digest import Digest
from imagedepot.protocols import Blobs


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `place` is where people find it; `images`: familiar references of those that it hurts;
    `moved`: out of the way."""

    digest: str
    place: str
    reason: str
    images: tuple[str, ...]
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """`checked` files of `bytes` in all; `unnamed`: blobs that no image and no download needs, with their bytes."""

    checked: int
    bytes: int
    problems: tuple[Problem, ...]
    unnamed: tuple[tuple[Digest, int], ...] = ()


class Verifier:
    """Checks all content.

    `references`: for each digest, the images that need it; `unnamed`: blobs that nothing needs.
    """

    def __init__(
        self,
        blobs: Blobs,
        references: Callable[[], Mapping[Digest, Sequence[str]]],
        unnamed: Callable[[], Iterable[Digest]] = tuple,
    ) -> None:
        self._blobs = blobs
        self._references = references
        self._unnamed = unnamed

    def run(self, quarantine: bool = False, slice_: Slice = WHOLE) -> Report:
        """Of the digests in `slice_`. Raises `StorageFailure` when a file cannot be read at all.

        Images come and go meanwhile, so the affected images and what is missing are read from the index at the end.
        What was read is not asked for again.
        """
        checked = self._blobs.audit(slice_)
        needed = self._references()
        problems = []
        for each in checked:
            if each.fault and self._blobs.is_there(each):  # else the image was removed meanwhile
                problems.append(Problem(each.name, each.place, each.fault, self._hurt(needed, each.name), quarantine))
                if quarantine:
                    self._blobs.set_aside(each)
        sizes = {each.name: each.size for each in checked if each.size is not None}
        named = {*sizes, *(each.digest for each in problems)}
        for wanted, images in self._missing(needed, slice_, named).items():
            problems.append(Problem(str(wanted), self._blobs.place(wanted), "it is missing", tuple(images)))
        unnamed = tuple((digest, sizes[str(digest)] or 0) for digest in self._unnamed() if str(digest) in sizes)
        return Report(len(sizes), sum(size or 0 for size in sizes.values()), tuple(problems), unnamed)

    def _missing(
        self, needed: Mapping[Digest, Sequence[str]], slice_: Slice, read: Collection[str]
    ) -> Mapping[Digest, Sequence[str]]:
        """Blobs that are needed and not here: an image leaves the index before its blobs are deleted."""
        unseen = [digest for digest in needed if slice_.has(digest.hex) and str(digest) not in read]
        absent = [digest for digest in unseen if not self._blobs.has(digest)]
        if not absent:
            return {}
        now = self._references()
        return {digest: now[digest] for digest in absent if digest in now and not self._blobs.has(digest)}

    @staticmethod
    def _hurt(needed: Mapping[Digest, Sequence[str]], digest: str) -> tuple[str, ...]:
        try:
            return tuple(needed.get(Digest.parse(digest), ()))
        except InvalidReference:
            return ()
