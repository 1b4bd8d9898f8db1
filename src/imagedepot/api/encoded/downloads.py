"""The rows of `GET /downloads`, encoded once for each state of the downloads and shared by all callers."""

from __future__ import annotations

import threading

from imagedepot.api.http.answers import encoded
from imagedepot.service.downloads.line.either_queue import DownloadQueue
from imagedepot.wire.v1.images.downloads import Download


class Snapshot:
    """Call `json` in a thread: many rows take longer than the event loop may wait."""

    def __init__(self, downloads: DownloadQueue) -> None:
        self._downloads = downloads
        self._lock = threading.Lock()
        self._state = -1
        self._json = b"[]"

    def json(self) -> bytes:
        """The newest downloads and all that are under way. The same object until something changes."""
        with self._lock:  # many at once wait for one, who encodes
            state = self._downloads.state
            if state != self._state:
                self._json = encoded([Download.of(each) for each in self._downloads.recent()])
                self._state = state
            return self._json
