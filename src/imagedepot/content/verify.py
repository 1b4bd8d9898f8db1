"""Read everything again: is each blob still what its name says, and is all here that the images need?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
    """`checked` files of `bytes` in all; `unnamed`: blobs that no image and no download needs, with their bytes."""

    checked: int
    bytes: int
    problems: tuple[Problem, ...]
    unnamed: tuple[tuple[Digest, int], ...] = ()


class Verifier:
    """`references`: for each digest that the images need, who they are; `unnamed`: blobs that nothing needs."""

    def __init__(
        self,
        blobs: BlobStore,
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
        files = sorted(path for path in self._blobs.blobs.rglob("*") if path.is_file())
        with ThreadPoolExecutor(_READERS, "verify") as pool:
            looks = list(pool.map(_look, files))
        found = [(path, reason) for path, (_, reason) in zip(files, looks, strict=True) if reason]
        found += [(path, "it is a folder: it is not ours") for path in self._folders()]
        needed = self._references()
        problems = []
        for path, reason in found:
            if path.exists():  # else it was removed meanwhile
                digest = f"{path.parent.name}:{path.name}"
                problems.append(Problem(digest, path, reason, self._hurt(needed, digest), quarantine))
                if quarantine:
                    self._move(path)
        named = {each.digest for each in problems}
        for wanted, images in self._missing(needed).items():
            if str(wanted) not in named:
                problems.append(Problem(str(wanted), self._blobs.path(wanted), "it is missing", tuple(images)))
        unnamed = tuple((digest, self._blobs.size(digest)) for digest in self._unnamed() if self._blobs.has(digest))
        return Report(len(files), sum(size for size, _ in looks), tuple(problems), unnamed)

    def _missing(self, needed: Mapping[Digest, Sequence[str]]) -> Mapping[Digest, Sequence[str]]:
        """What is not here and still needed: an image leaves the index before its blobs go."""
        absent = [digest for digest in needed if not self._blobs.has(digest)]
        if not absent:
            return {}
        now = self._references()
        return {digest: now[digest] for digest in absent if digest in now and not self._blobs.has(digest)}

    def _folders(self) -> list[Path]:
        """Folders where only files should be."""
        return sorted(path for path in self._blobs.blobs.glob("*/*") if path.is_dir() and not path.is_symlink())

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
