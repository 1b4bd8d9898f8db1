"""What is stored of one upload, and how it becomes a blob.

A part of a multipart upload cannot be read before the whole is complete, and the state of a hash cannot be stored. So
parts are objects of their own, which any node can read for the hash and go on from; a blob is composed of them by the
store. Each copy is of exactly the bytes that were hashed: the object with their ETag, or none.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime

from imagedepot.content.backends.s3.bucket import Bucket, Changed, Missing, Stored
from imagedepot.errors import DepotError, StorageUnavailable

UPLOADS = "uploads/"
_VALIDATOR = "validator"
_LONGEST_VALIDATOR = 4096
_log = logging.getLogger(__name__)


def folder_of(key: str) -> str:
    return f"{UPLOADS}{key}/"


def part_of(key: str, number: int) -> str:
    return f"{UPLOADS}{key}/{number:06}"


class Parts:
    """The parts of the upload with one key, in `stored`, by number from 0. For one thread at a time."""

    def __init__(self, bucket: Bucket, key: str, pool: Executor) -> None:
        self._bucket = bucket
        self._key = key
        self._pool = pool
        self.stored: list[Stored] = []
        self._has_validator = False

    def look(self) -> None:
        """Find what is stored. Parts behind a gap are worth nothing."""
        found = {each.key: each for each in self._bucket.list(folder_of(self._key))}
        self._has_validator = f"{folder_of(self._key)}{_VALIDATOR}" in found
        self.stored = []
        while (part := found.get(part_of(self._key, len(self.stored)))) is not None:
            self.stored.append(part)

    def validator(self) -> str | None:
        if not self._has_validator:
            return None
        try:
            body = self._bucket.get(f"{folder_of(self._key)}{_VALIDATOR}")
        except Missing:
            return None
        with contextlib.closing(body):
            return body.read(_LONGEST_VALIDATOR).decode(errors="replace") or None

    def note(self, validator: str | None) -> None:
        name = f"{folder_of(self._key)}{_VALIDATOR}"
        if validator is not None:
            self._bucket.put(name, validator.encode()[:_LONGEST_VALIDATOR])
        elif self._has_validator:
            self._bucket.delete([name])
        self._has_validator = validator is not None

    def put(self, number: int, content: bytes | bytearray) -> Stored:
        """Store a part, which counts once the caller calls `keep`."""
        name = part_of(self._key, number)
        return Stored(name, len(content), self._bucket.put(name, content), datetime.now(UTC))

    def keep(self, number: int, part: Stored) -> None:
        self.stored[number:] = [part]

    def forget(self) -> None:
        """Delete all parts, also those behind a gap."""
        names = [each.key for each in self._bucket.list(folder_of(self._key))]
        if names:
            self._bucket.delete(names)
        self.stored, self._has_validator = [], False

    def drop(self) -> None:
        """Delete the known parts; a clean-up deletes what is left over."""
        names = [each.key for each in self.stored]
        if self._has_validator:
            names.append(f"{folder_of(self._key)}{_VALIDATOR}")
        self.stored, self._has_validator = [], False
        try:
            if names:
                self._bucket.delete(names)
        except DepotError as error:
            _log.warning("the parts of %s stay until the next clean-up: %s", self._key, error)

    def compose(self, target: str) -> None:
        """Make the parts one object. Raises `StorageUnavailable` when others were put in their place meanwhile."""
        upload = self._bucket.begin(target)
        try:
            numbered = list(enumerate(self.stored, 1))
            copies = [self._pool.submit(self._bucket.copy_part, target, upload, *each) for each in numbered]
            try:
                etags = [copy.result() for copy in copies]
            finally:
                for copy in copies:
                    copy.cancel()
            self._complete(target, upload, etags)
        except (Changed, Missing) as error:
            self._abort(target, upload)
            raise StorageUnavailable(f"Another node changed the upload {self._key} as it was composed") from error
        except BaseException:
            self._abort(target, upload)
            raise

    def _complete(self, target: str, upload: str, etags: Sequence[str]) -> None:
        """Complete the object; a lost answer is no failure if the object is there."""
        try:
            self._bucket.complete(target, upload, etags)
        except (Missing, StorageUnavailable):
            size = sum(each.size for each in self.stored)
            with contextlib.suppress(Missing):
                if self._bucket.head(target).size == size:
                    return
            raise

    def _abort(self, target: str, upload: str) -> None:
        """Abort the composing if possible; a clean-up deletes what is left over."""
        with contextlib.suppress(DepotError, Missing):
            self._bucket.abort(target, upload)
