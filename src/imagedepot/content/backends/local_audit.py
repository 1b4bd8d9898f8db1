"""Reads all files below `blobs/` again, checks each against its name, and moves wrong ones out of the way."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from imagedepot.errors import InvalidReference, StorageFailure
from imagedepot.model.content.slice import Slice
from imagedepot.model.digest import Digest
from imagedepot.protocols.blobs import Checked

_CHUNK = 1 << 20
_READERS = 2


def audit(blobs: Path, data: Path, slice_: Slice) -> Sequence[Checked]:
    """Check every file of the slice in the folder `blobs`; places are relative to `data`. Raises `StorageFailure`."""
    try:
        return _audit(blobs, data, slice_)
    except OSError as error:
        raise StorageFailure(f"Cannot read {error.filename or blobs}: {error.strerror}") from error


def _audit(blobs: Path, data: Path, slice_: Slice) -> Sequence[Checked]:
    files = sorted(path for path in blobs.rglob("*") if slice_.has(path.name) and path.is_file())
    with ThreadPoolExecutor(_READERS, "verify") as pool:
        looks = list(pool.map(_look, files))
    found = [_checked(path, data, size, fault) for path, (size, fault) in zip(files, looks, strict=True)]
    within = (path for path in blobs.glob("*/*") if slice_.has(path.name))
    folders = sorted(path for path in within if path.is_dir() and not path.is_symlink())
    return found + [_checked(path, data, None, "it is a folder: it is not ours") for path in folders]


def _checked(path: Path, data: Path, size: int | None, fault: str) -> Checked:
    return Checked(_name(path), str(path.relative_to(data)), size, fault)


def set_aside(path: Path, quarantine: Path) -> None:
    """Raises `StorageFailure`."""
    try:
        quarantine.mkdir(exist_ok=True)
        path.replace(quarantine / f"{path.parent.name}-{path.name}")
    except OSError as error:
        raise StorageFailure(f"Cannot move {path.name} to the quarantine: {error.strerror}") from error


def _name(path: Path) -> str:
    return f"{path.parent.name}:{path.name}"


def _look(path: Path) -> tuple[int, str]:
    """Read one file: (bytes read, what is wrong or "")."""
    try:
        digest = Digest.parse(_name(path))
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
