"""Moves by way of the queue: each image is a download like any other, with its row, its progress and its end. Or
without it, where there is none, or where other nodes of a fleet would take it for theirs."""

from __future__ import annotations

import threading
from collections.abc import Callable

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.progress import Progress
from imagedepot.errors import Cancelled, DepotError, NotFound
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.model.image import ImageRequest
from imagedepot.service.downloads.line.either_queue import DownloadQueue
from imagedepot.service.downloads.pipeline import DownloadPipeline

_LOOK_SECONDS = 1.0


class Inline:
    """A `Bring` in the thread that asks."""

    def __init__(self, pipeline: Callable[[], DownloadPipeline]) -> None:
        self._pipeline = pipeline

    def __call__(self, request: ImageRequest, cancellation: Cancellation) -> str:
        pipeline = self._pipeline()
        try:
            pipeline.run(request, Progress(), cancellation)
        except Cancelled:
            return "stopped"
        except DepotError as error:
            return pipeline.sentence(request, error)
        return ""


class ByQueue:
    """A `Bring`. `ended` is to be called with each download that ends."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.downloads: DownloadQueue | None = None

    def __call__(self, request: ImageRequest, cancellation: Cancellation) -> str:
        downloads = self.downloads
        assert downloads is not None  # nothing is moved before there is a queue
        id_ = downloads.start(request).id
        with cancellation.on_cancel(self.ended):
            while True:
                try:
                    download = downloads.get(id_)
                except NotFound:
                    return "the download was removed"
                if download.ended is not None:
                    return _reason(download)
                if cancellation.cancelled:
                    return "stopped"
                with self._changed:
                    self._changed.wait(_LOOK_SECONDS)

    def ended(self, _: object = None) -> None:
        with self._changed:
            self._changed.notify_all()

    def stop(self, request_place: str) -> None:
        """Cancel what is on its way from this place."""
        assert self.downloads is not None
        for each in self.downloads.active:
            if each.request.moved_from == request_place:
                self.downloads.remove(each.id)


def _reason(download: Download) -> str:
    if download.status is DownloadStatus.DONE:
        return ""
    return download.error or "the download was cancelled"
