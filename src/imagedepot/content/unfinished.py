"""Notes on downloads that commands without a service began: no clean-up takes their parts, so they can be resumed.

DATA_DIR/unfinished/<key of the image>    the keys of its parts, one a line

The service has rows for this. A power cut may lose a note. Notes count for as long as ended downloads do.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from imagedepot.files.atomic import write_whole
from imagedepot.model.digest import Digest

KEPT_SECONDS = 30 * 86_400.0


class Unfinished:
    """The notes. `now` in seconds since 1970, like the times of files."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._now = now

    def note(self, image: str, parts: Collection[str]) -> None:
        """Note the part keys of an image. Raises `StorageFailure`."""
        write_whole(self._path(image), "\n".join(sorted(parts)).encode(), synced=False)

    def forget(self, image: str) -> None:
        """Delete the note: the image is here, or not wanted any more."""
        with suppress(OSError):
            self._path(image).unlink()

    def forget_all(self) -> None:
        """Delete all notes: the next clean-up takes the parts."""
        with suppress(OSError):
            for note in list(self._folder.iterdir()):
                with suppress(OSError):
                    note.unlink()

    def parts(self) -> frozenset[str]:
        """The part keys of all notes; deletes notes that are too old."""
        found: set[str] = set()
        with suppress(OSError):
            for note in list(self._folder.iterdir()):
                with suppress(OSError, ValueError):
                    if note.stat().st_mtime < self._now() - KEPT_SECONDS:
                        note.unlink()
                    else:
                        found.update(note.read_text().split("\n"))
        return frozenset(found)

    def digests(self) -> frozenset[Digest]:
        """The digests among the parts."""
        return frozenset(digest for part in self.parts() if (digest := Digest.from_key(part)))

    def _path(self, image: str) -> Path:
        return self._folder / hashlib.sha256(image.encode()).hexdigest()
