"""Read everything again: is each blob still what its name says, and is all here that the images need?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from imagedepot.content.backends.local import BlobStore
from imagedepot.errors import InvalidReference, StorageFailure
from imagedepot.model.digest import Digest

_CHUNK = 1 << 20
_READERS = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `images`: familiar references of those that it hurts; `moved`: into the quarantine."""

    digest: str
    path: Path
    reason: str
    images: tuple[str, ...]
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """`checked` files of `bytes` in all."""

    checked: int
    bytes: int
    problems: tuple[Problem, ...]


class Verifier:
    """`references`: for each digest that the images need, who they are."""

    def __init__(self, blobs: BlobStore, references: Callable[[], Mapping[Digest, Sequence[str]]]) -> None:
        self._blobs = blobs
        self._references = references

    def run(self, quarantine: bool = False) -> Report:
        """Raises `StorageFailure` when a file cannot be read at all."""
        needed = self._references()
        files = sorted(path for path in self._blobs.blobs.rglob("*") if path.is_file())
        with ThreadPoolExecutor(_READERS, "verify") as pool:
            looks = list(pool.map(_look, files))
        problems = []
        for path, (_, reason) in zip(files, looks, strict=True):
            if reason:
                digest = f"{path.parent.name}:{path.name}"
                problems.append(Problem(digest, path, reason, self._hurt(needed, digest), quarantine))
                if quarantine:
                    self._move(path)
        named = {each.digest for each in problems}
        for wanted, images in needed.items():
            if not self._blobs.has(wanted) and str(wanted) not in named:
                problems.append(Problem(str(wanted), self._blobs.path(wanted), "it is missing", tuple(images)))
        return Report(len(files), sum(size for size, _ in looks), tuple(problems))

    @staticmethod
    def _hurt(needed: Mapping[Digest, Sequence[str]], digest: str) -> tuple[str, ...]:
        try:
            return tuple(needed.get(Digest.parse(digest), ()))
        except InvalidReference:
            return ()

    def _move(self, path: Path) -> None:
        try:
            self._blobs.quarantine.mkdir(exist_ok=True)
            path.replace(self._blobs.quarantine / f"{path.parent.name}-{path.name}")
        except OSError as error:
            raise StorageFailure(f"Cannot move {path.name} to the quarantine: {error.strerror}") from error


def _look(path: Path) -> tuple[int, str]:
    """(bytes read, what is wrong or "")."""
    try:
        digest = Digest.parse(f"{path.parent.name}:{path.name}")
    except InvalidReference:
        return path.stat().st_size, "its name is no digest: it is not ours"
    hasher, size = digest.hasher(), 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                hasher.update(chunk)
                size += len(chunk)
    except FileNotFoundError:
        return 0, ""  # removed meanwhile
    except OSError as error:
        return size, f"it cannot be read ({error.strerror})"
    return size, "" if hasher.hexdigest() == digest.hex else "its bytes are not what its digest says"
