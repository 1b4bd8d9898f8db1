"""`docker load`: the images of an archive become downloads, each with its progress and its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from imagedepot.cancellation import Cancellation
from imagedepot.content.archives.incoming import Incoming, IncomingFile
from imagedepot.depots.archive import ArchiveDepot
from imagedepot.errors import Conflict
from imagedepot.model.download import Download
from imagedepot.model.image import ImageRequest


class Loading:
    """`start` begins a download."""

    def __init__(self, incoming: Incoming, depot: ArchiveDepot, start: Callable[[ImageRequest], Download]) -> None:
        self._incoming = incoming
        self._depot = depot
        self._start = start

    def begin(self, size: int | None) -> IncomingFile:
        """A file for what a client sends; `size` in bytes where it is known. Raises `StorageFailure`."""
        return self._incoming.begin(size)

    def load(self, file: IncomingFile, name: str, platform: str) -> Sequence[Download]:
        """Begin a download for each image in an archive that has been received whole.

        `name`: what the only image is to be called. Raises `InvalidArchive`, `InvalidInput`, `NoSuchPlatform`,
        `NotAnImage`, `StorageFailure`; and `Conflict` for an image that is being downloaded.
        """
        path = file.keep()
        try:
            plain = self._incoming.plain(path, Cancellation())
            if plain is not None:
                self._incoming.remove(path)
                path = plain
            self._incoming.note(path, name, platform)
            requests = self._depot.add(path, name, platform)
        except BaseException:
            self._incoming.remove(path)
            raise
        started: list[Download] = []
        try:
            for request in requests:
                download = self._start(request)
                if download.request != request:  # it joined one that reads from elsewhere
                    raise Conflict(f"{request.title} is being downloaded: wait for its end, or cancel it")
                started.append(download)
        except BaseException:
            for each in requests[len(started) :]:
                self._depot.released(each)
            raise
        return started

    def ended(self, download: Download) -> None:
        """To be called with each download that ends."""
        if download.request.depot == self._depot.id:
            self._depot.released(download.request)

    def go_on(self, under_way: Sequence[Download]) -> None:
        """After a restart: `under_way` are the downloads that an earlier run left."""
        self._depot.go_on(each.request for each in under_way)
