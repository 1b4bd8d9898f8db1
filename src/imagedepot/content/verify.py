"""Read everything again: is each blob still what its name says, and is all here that the images need?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from imagedepot.errors import InvalidReference
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
    """`references`: for each digest that the images need, who they are; `unnamed`: blobs that nothing needs."""

    def __init__(
        self,
        blobs: Blobs,
        references: Callable[[], Mapping[Digest, Sequence[str]]],
        unnamed: Callable[[], Iterable[Digest]] = tuple,
    ) -> None:
        self._blobs = blobs
        self._references = references
        self._unnamed = unnamed

    def run(self, quarantine: bool = False) -> Report:
        """Raises `StorageFailure` when a file cannot be read at all.

        Images come and go meanwhile: who is hurt, and what is missing, is read from the index after the look.
        """
        checked = self._blobs.audit()
        needed = self._references()
        problems = []
        for each in checked:
            if each.fault and self._blobs.is_there(each):  # else it was removed meanwhile
                problems.append(Problem(each.name, each.place, each.fault, self._hurt(needed, each.name), quarantine))
                if quarantine:
                    self._blobs.set_aside(each)
        named = {each.digest for each in problems}
        for wanted, images in self._missing(needed).items():
            if str(wanted) not in named:
                problems.append(Problem(str(wanted), self._blobs.place(wanted), "it is missing", tuple(images)))
        unnamed = tuple((digest, self._blobs.size(digest)) for digest in self._unnamed() if self._blobs.has(digest))
        sizes = [each.size for each in checked if each.size is not None]
        return Report(len(sizes), sum(sizes), tuple(problems), unnamed)

    def _missing(self, needed: Mapping[Digest, Sequence[str]]) -> Mapping[Digest, Sequence[str]]:
        """What is not here and still needed: an image leaves the index before its blobs go."""
        absent = [digest for digest in needed if not self._blobs.has(digest)]
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
