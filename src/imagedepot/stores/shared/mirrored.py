"""Keeps downloads for an engine in our own store as well, with `IMAGEDEPOT_KEEP_BLOBS`.

A kept copy is whole, so that the next image on the same base needs no fetch, and `skopeo` reads it. It goes when its
image goes. Images that our own store had before, from a time without an engine, are no copies and stay.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from imagedepot.errors import ImageNotFound
from imagedepot.files.atomic import write_durably
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, InstalledImage, ResolvedLxc, ResolvedOci
from imagedepot.protocols import Content

R = TypeVar("R", ResolvedOci, ResolvedLxc, contravariant=True)
Named = tuple[str, str]


class OwnStore(Protocol[R]):
    """The embedded store, as copies need it."""

    def images(self) -> Sequence[InstalledImage]: ...

    def install(
        self,
        request: ImageRequest,
        resolved: R,
        content: Content,
        files: Sequence[Digest],
        progress: Callable[[int, int], None],
    ) -> InstalledImage: ...

    def remove(self, name: str, tag: str | None) -> None: ...


class MirroredCopies(Generic[R]):
    """`own` is the embedded store, `path` the file that names the copies in it; `wanted` is the setting."""

    def __init__(self, own: OwnStore[R], path: Path, wanted: bool) -> None:
        self.wanted = wanted
        self._own: OwnStore[R] = own
        self._path = path
        self._lock = threading.Lock()
        self._names = _read(path)

    @property
    def names(self) -> frozenset[Named]:
        """The copies: the same object until something changes."""
        return self._names

    def release(self) -> None:
        """From now on these are images like any other: the engine takes no new ones any more."""
        with self._lock:
            if self._names:
                self._save(frozenset())

    def adopt(self, name: str, tag: str) -> None:
        """From now on this image of our own store is a copy: the engine has it as well."""
        with self._lock:
            self._save(self._names | {(name, tag)})

    def put(self, request: ImageRequest, resolved: R, content: Content, files: Sequence[Digest]) -> None:
        """Copy an image after the engine has it; `files` as for `Store.install`."""
        for digest in files:
            with content.open(digest):  # waits for what the engine did not need, and so did not wait for
                pass
        before = {(each.name, each.tag) for each in self._own.images()}
        image = self._own.install(request, resolved, content, files, lambda *_: None)
        if (image.name, image.tag) not in before:
            with self._lock:
                self._save(self._names | {(image.name, image.tag)})

    def drop(self, names: Collection[Named]) -> None:
        """Drop the copies of images that are gone from the engine."""
        with self._lock:
            gone = self._names & set(names)
            if gone:
                self._save(self._names - gone)
        for name, tag in gone:
            try:
                self._own.remove(name, tag)
            except ImageNotFound:
                continue

    def _save(self, names: frozenset[Named]) -> None:
        write_durably(self._path, json.dumps(sorted(names), ensure_ascii=False).encode())
        self._names = names


def _read(path: Path) -> frozenset[Named]:
    """A file that is missing or broken names nothing: the images stay, and can be removed like any other."""
    try:
        rows = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return frozenset()
    pairs = [tuple(row) for row in rows if isinstance(row, list)] if isinstance(rows, list) else []
    return frozenset(pair for pair in pairs if len(pair) == 2 and all(isinstance(text, str) for text in pair))
