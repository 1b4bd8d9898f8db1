"""Blobs on their way from clients: sessions that survive a restart, hashed and written as downloads are.

A session is a row and a partial file, whose size is the offset; one that a single request begins and ends needs no row.
Its hash is kept while it is in use; after a restart, or when many others were in use since, the file is read once for
it. What nothing was written to for a day goes.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Conflict, StorageFailure, TooLarge
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.digest import Digest
from imagedepot.protocols import Blobs, BlobWriter, Leftover
from imagedepot.protocols.distribution import StoredUpload, UploadRows
from imagedepot.service.distribution.failures import NoSuchUpload, OutOfOrder, TooManyUploads, WrongDigest, WrongSize
from imagedepot.service.distribution.own import OwnRepositories

ABANDONED_AFTER = timedelta(days=1)
_BETWEEN_LOOKS = timedelta(minutes=10)
_IDLE = timedelta(minutes=10)
_RETRY_SECONDS = 60
_SPACE_EVERY = 8 << 20
_MOST_OPEN_FILES = 64
_MOST = 1000
_MOST_EACH = 100


@dataclass(slots=True, eq=False)
class Upload:
    """One session. `offset` is how many bytes are here; `writer` counts the requests that wrote to it. Without a row
    (`is_known`) nobody but the request that began it goes on with it.
    """

    id: str
    repository: str
    username: str
    algorithm: str
    touched: datetime
    offset: int = 0
    writer: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    partial: BlobWriter | None = None
    is_over: bool = False
    is_known: bool = False

    @property
    def key(self) -> str:
        """The name of its partial file."""
        return f"upload-{self.id}"


class Uploads:
    """`most` open sessions in all, and `most_each` of one caller. Safe to call from many threads."""

    def __init__(
        self,
        rows: UploadRows,
        blobs: Blobs,
        space: DiskSpace,
        repositories: OwnRepositories,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        most: int = _MOST,
        most_each: int = _MOST_EACH,
        are_shared: bool = False,
    ) -> None:
        """`are_shared`: a client may go on at another node after each request."""
        self.are_shared = are_shared
        self._rows = rows
        self._blobs = blobs
        self._space = space
        self._repositories = repositories
        self._now = now
        self._most = most
        self._most_each = most_each
        self._lock = threading.Lock()
        self._open: OrderedDict[str, Upload] = OrderedDict()  # those with an open file, the last used at the end
        self._next_look = now()
        here = {each.key: each for each in blobs.leftovers()}
        self._uploads = {row.id: self._read(row, here) for row in rows.all()}
        self.drop_abandoned()

    def reload(self, ids: Collection[str] | None) -> None:
        """Learn of uploads that other nodes have begun or ended; None: of all."""
        rows = {row.id: row for row in self._rows.all(ids)}
        with self._lock:
            asked = list(self._uploads) if ids is None else ids
            ended = [id_ for id_ in asked if id_ not in rows and id_ in self._uploads and self._uploads[id_].is_known]
            gone = [self._uploads.pop(id_) for id_ in ended]
            for id_, row in rows.items():
                if id_ not in self._uploads:
                    self._uploads[id_] = self._read(row, {})
        for upload in gone:
            with upload.lock:
                upload.is_over = True
                self._close(upload)

    def look(self, upload: Upload) -> None:
        """Find out how much of it is here, where another node may have gone on. Raises `StorageFailure`."""
        with upload.lock:
            self._refresh(upload)

    def settle(self, upload: Upload) -> None:
        """After a request: another node may go on. Raises `StorageFailure`."""
        with upload.lock:
            if self.are_shared and upload.partial is not None:
                upload.partial.flush()

    def keys(self) -> Collection[str]:
        """Keys of the partial files that a client may resume."""
        with self._lock:
            return [each.key for each in self._uploads.values()]

    def begin(self, repository: str, username: str, algorithm: str = "sha256", is_whole: bool = False) -> Upload:
        """Begin a session, and its repository if that does not exist. At a limit, one idle for long makes room.

        `is_whole`: the blob is to come with this request; if it does not, `keep` the session for those to come.

        Raises `TooManyUploads`, `StorageFailure`.
        """
        self.drop_abandoned()
        self._make_room(username)
        self._space.check(0, "The upload")
        now = self._now()
        upload = Upload(secrets.token_hex(16), repository, username, algorithm, now)
        with self._lock:
            mine = sum(each.username == username for each in self._uploads.values())
            if mine >= self._most_each:
                raise TooManyUploads(
                    f"{self._most_each} uploads of {username} are open: finish or cancel some first", _RETRY_SECONDS
                )
            if len(self._uploads) >= self._most:
                raise TooManyUploads(
                    f"{self._most} uploads are open, which is the limit: try again later", _RETRY_SECONDS
                )
            self._uploads[upload.id] = upload
        try:
            self._repositories.create(repository)
            if not is_whole:
                self.keep(upload)
        except BaseException:
            with self._lock:
                del self._uploads[upload.id]
            raise
        return upload

    def keep(self, upload: Upload) -> None:
        """The client learns of it and may go on later, after a restart too. Raises `StorageFailure`."""
        row = StoredUpload(upload.id, upload.repository, upload.username, upload.algorithm, upload.touched)
        self._rows.put(row)
        upload.is_known = True

    def find(self, repository: str, id_: str) -> Upload:
        """Raises `NoSuchUpload`."""
        with self._lock:
            upload = self._uploads.get(id_)
        if upload is None or upload.repository != repository:
            raise NoSuchUpload(f"{repository} has no such upload: it was finished, cancelled or idle for a day")
        return upload

    def write(self, upload: Upload, start: int | None = None, size: int | None = None) -> UploadWriter:
        """For one request, which sends `size` bytes where that is known. It takes over from an earlier request whose
        connection was cut. Raises `OutOfOrder` when it would not begin at `start`, `StorageFailure`."""
        with upload.lock:
            self._check(upload)
            self._refresh(upload)
            if start is not None and start != upload.offset:
                raise OutOfOrder(f"The upload has {upload.offset:,} bytes, and the chunk begins at {start:,}")
            if size:
                self._space.check(size, "The upload")
            upload.writer += 1
            return UploadWriter(self, upload, upload.writer, size)

    def finish(self, upload: Upload, digest: Digest) -> None:
        """Make the upload a blob of its repository. Raises `WrongDigest` (and then it is gone), and
        `StorageFailure`."""
        with upload.lock, self._blobs.lease() as lease:
            self._check(upload)
            lease.pin([digest])
            if digest.algorithm != upload.algorithm:
                self._close(upload)  # and is read again, for the other hash
                upload.algorithm = digest.algorithm
            partial = self._partial(upload)
            actual = partial.digest()
            if actual != digest:
                self._end(upload)
                raise WrongDigest(f"The upload is {actual}, and not {digest}: nothing of it is kept")
            self._repositories.add_blob(upload.repository, digest)
            partial.commit(digest)
            self._end(upload)

    def cancel(self, upload: Upload) -> None:
        with upload.lock:
            self._check(upload)
            self._end(upload)

    def drop_abandoned(self) -> None:
        """End the uploads that were idle for a day, and those of removed repositories."""
        now = self._now()
        with self._lock:
            if now < self._next_look:
                return
            self._next_look = now + _BETWEEN_LOOKS
            everything = list(self._uploads.values())
        for upload in everything:
            if now - upload.touched >= ABANDONED_AFTER or not self._repositories.owns(upload.repository):
                with upload.lock:
                    if not upload.is_over:
                        self._end(upload)

    def close(self) -> None:
        """Close all files at the end of the service; uploads can be resumed later."""
        with self._lock:
            everything = list(self._uploads.values())
        for upload in everything:
            with upload.lock:
                self._close(upload)
                upload.is_over = True

    def _make_room(self, username: str) -> None:
        """Where a limit would refuse the next, end the upload that was left longest ago: the caller's own, or any."""
        with self._lock:
            mine = [each for each in self._uploads.values() if each.username == username]
            crowd = mine if len(mine) >= self._most_each else list(self._uploads.values())
            is_full = len(mine) >= self._most_each or len(crowd) >= self._most
        oldest = min(crowd, key=lambda each: each.touched) if is_full else None
        if oldest is not None and self._now() - oldest.touched >= _IDLE:
            with oldest.lock:
                if not oldest.is_over:
                    self._end(oldest)

    def _append(self, upload: Upload, writer: int, chunk: memoryview, until: int | None) -> None:
        with upload.lock:
            self._check(upload)
            if writer != upload.writer:
                raise Conflict("Another request goes on with this upload")
            if until is not None and upload.offset + len(chunk) > until:
                raise TooLarge("The body is longer than the Content-Range that was announced")
            if upload.offset // _SPACE_EVERY != (upload.offset + len(chunk)) // _SPACE_EVERY:
                self._check_space(upload)
            partial = self._partial(upload)
            try:
                partial.write(chunk)
            except StorageFailure:
                self._end(upload)
                raise
            finally:
                upload.offset = partial.offset
            upload.touched = self._now()

    def _check_space(self, upload: Upload) -> None:
        """End an upload for which there is no room: its bytes would fill the disk for a day."""
        try:
            self._space.check(_SPACE_EVERY, "The upload")
        except StorageFailure:
            self._end(upload)
            raise

    def _check(self, upload: Upload) -> None:
        if upload.is_over:
            raise NoSuchUpload("The upload was finished or cancelled")

    def _refresh(self, upload: Upload) -> None:
        """See what another node has written since. With the upload's lock."""
        if self.are_shared and (upload.partial is None or not upload.partial.is_current()):
            self._close(upload)
            upload.offset = self._blobs.partial_size(upload.key)
            upload.touched = self._now()

    def _partial(self, upload: Upload) -> BlobWriter:
        """The upload's open file, read once for its hash if it was closed. With the upload's lock held."""
        if upload.partial is None:
            upload.partial = self._blobs.upload(upload.key, Digest(upload.algorithm, ""), Cancellation())
            upload.offset = upload.partial.offset
        self._used(upload)
        return upload.partial

    def _used(self, upload: Upload) -> None:
        """Close the file that was used least recently when too many are open, unless it is being written to."""
        with self._lock:
            self._open[upload.id] = upload
            self._open.move_to_end(upload.id)
            oldest = next(iter(self._open.values())) if len(self._open) > _MOST_OPEN_FILES else None
        if oldest is not None and oldest is not upload and oldest.lock.acquire(blocking=False):
            try:
                self._close(oldest)
            finally:
                oldest.lock.release()

    def _close(self, upload: Upload) -> None:
        with self._lock:
            self._open.pop(upload.id, None)
        partial, upload.partial = upload.partial, None
        if partial is not None:
            (partial.abandon if self.are_shared and (upload.is_over or not partial.is_current()) else partial.close)()

    def _end(self, upload: Upload) -> None:
        """Forget an upload, with its bytes where they are not a blob. With the upload's lock held."""
        upload.is_over = True
        self._close(upload)
        with self._lock:
            self._uploads.pop(upload.id, None)
        self._blobs.forget_partial(upload.key)
        if upload.is_known:
            self._rows.remove(upload.id)

    def _read(self, row: StoredUpload, here: Mapping[str | None, Leftover]) -> Upload:
        """An upload of an earlier run, from its row and its file."""
        upload = Upload(row.id, row.repository, row.username, row.algorithm, row.begun or self._now(), is_known=True)
        if upload.key in here:  # else nothing came of it yet
            upload.offset, upload.touched = here[upload.key].size, here[upload.key].modified
        return upload


class UploadWriter:
    """Adds the body of one request to an upload."""

    def __init__(self, uploads: Uploads, upload: Upload, number: int, size: int | None) -> None:
        self._uploads = uploads
        self._upload = upload
        self._number = number
        self._until = None if size is None else upload.offset + size

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append and hash. Raises `Conflict` when another request took over, `TooLarge`, `StorageFailure`."""
        self._uploads._append(self._upload, self._number, memoryview(chunk), self._until)

    def end(self) -> None:
        """Raises `WrongSize` when the body was shorter than announced."""
        if self._until is not None and self._upload.offset < self._until:
            raise WrongSize(f"The body ended {self._until - self._upload.offset:,} bytes early")
