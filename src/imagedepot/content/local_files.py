"""Blobs as files, for programs and libraries that read nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from imagedepot.errors import StorageFailure
from imagedepot.model.digest import Digest
from imagedepot.protocols import Content


@contextmanager
def local_files(content: Content, digests: Sequence[Digest]) -> Iterator[list[Path]]:
    """Their files, for reading only, until the block ends: the backend's own where it has them, else copies.

    Raises `ImageNotFound`, `StorageFailure`.
    """
    with ExitStack() as copies:
        yield [content.local_path(digest) or _copied(content, digest, copies) for digest in digests]


def _copied(content: Content, digest: Digest, copies: ExitStack) -> Path:
    # Late: blobs on this disk need no copies.
    import shutil
    import tempfile

    with content.open(digest) as reader:
        try:
            path = Path(copies.enter_context(tempfile.TemporaryDirectory(prefix="imagedepot-")), digest.hex)
            with path.open("wb") as copy:
                shutil.copyfileobj(reader, copy)
        except OSError as error:
            raise StorageFailure(f"Cannot copy {digest}: {error.strerror}") from error
    return path
