"""Copies every blob to another backend, and reads each again there; what is there already is read alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from imagedepot.backup.members import blob_member, upstream_member
from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.retry import RetryPolicy
from imagedepot.errors import Cancelled, DigestMismatch, ImageNotFound, StorageFailure, StorageUnavailable
from imagedepot.migration.mark import Mark
from imagedepot.model.digest import Digest
from imagedepot.protocols import Blobs

_AT_A_TIME = 4
_PIECE = 1 << 20
_TRIES = 2


@dataclass(slots=True)
class Plan:
    """What is at the source, and what of it is at the target already; sizes in bytes."""

    sizes: dict[Digest, int]
    upstream: tuple[Digest, ...]
    here: set[Digest]

    @property
    def files(self) -> int:
        return len(self.sizes) + len(self.upstream)

    @property
    def bytes(self) -> int:
        return sum(self.sizes.values())

    @property
    def lacking(self) -> int:
        """The number of bytes that have to be copied."""
        return sum(size for digest, size in self.sizes.items() if digest not in self.here)


def plan(source: Blobs, target: Blobs | None) -> Plan:
    """Asks for lists alone. No target: one that is empty. Raises `StorageFailure`."""
    sizes = {digest: source.size(digest) for digest in source.all()}
    here = {digest for digest in target.all() if digest in sizes} if target is not None else set()
    return Plan(sizes, tuple(source.all_upstream()), here)


@dataclass(slots=True)
class Moving:
    """How far it is: files that are verified, of all; bytes of blobs likewise. `damaged`: wrong at the source."""

    files: int
    bytes: int
    all_files: int
    all_bytes: int
    copied: int = 0
    damaged: list[Digest] = field(default_factory=list)


class BlobMove:
    """`progress` is called after each file, by one thread at a time. A store that is away is waited for."""

    def __init__(
        self,
        source: Blobs,
        target: Blobs,
        mark: Mark,
        progress: Callable[[Moving], object],
        policy: RetryPolicy | None = None,
    ) -> None:
        self._source = source
        self._target = target
        self._mark = mark
        self._progress = progress
        self._policy = policy or RetryPolicy()
        self._lock = threading.Lock()
        self._cancellation = Cancellation()

    def run(self, planned: Plan) -> Moving:
        """Raises `StorageFailure`; run again, it goes on. Then each blob of the plan is at the target, and right."""
        self._here = planned.here
        self._now = Moving(0, 0, planned.files, planned.bytes)
        waiting = iter([*planned.sizes.items(), *((digest, None) for digest in planned.upstream)])
        with ThreadPoolExecutor(_AT_A_TIME, "migrate") as pool:
            workers = [pool.submit(self._work, waiting) for _ in range(_AT_A_TIME)]
            try:
                wait(workers, return_when=FIRST_EXCEPTION)
            finally:
                self._cancellation.cancel()
        failures = [error for worker in workers if (error := worker.exception()) is not None]
        for error in sorted(failures, key=lambda each: isinstance(each, Cancelled)):
            raise error  # the one that cancelled the others
        self._target.settle()
        self._compare(planned)
        return self._now

    def _work(self, waiting: Iterator[tuple[Digest, int | None]]) -> None:
        while not self._cancellation.cancelled:
            with self._lock:
                found = next(waiting, None)
            if found is None:
                return
            digest, size = found
            self._until_it_works(digest, size)

    def _until_it_works(self, digest: Digest, size: int | None) -> None:
        retry = self._policy.begin()
        while True:
            try:
                if size is None:
                    self._move_upstream(digest)
                else:
                    self._move(digest, size)
            except StorageUnavailable as error:
                retry.failed(error, self._cancellation)
            else:
                return

    def _move(self, digest: Digest, size: int) -> None:
        name = blob_member(digest)
        if digest in self._here and name in self._mark.verified:
            return self._count(size, is_new=False)
        is_new = digest not in self._here
        for _ in range(_TRIES):
            if digest not in self._here:
                try:
                    if not self._copy(digest, size):
                        return self._damaged(digest)
                except ImageNotFound:
                    return self._count(size, is_new=False)  # removed at the source meanwhile
                self._here.add(digest)
            if self._target.is_whole(digest):
                self._mark.note(name)
                return self._count(size, is_new)
            self._target.delete(digest)
            self._here.discard(digest)
        raise StorageFailure(f"{self._target.place(digest)} is not what was written there")

    def _copy(self, digest: Digest, size: int) -> bool:
        """Copy a blob, resuming an earlier run; False for a blob that is damaged at the source."""
        for _ in range(_TRIES):
            with self._target.upload(digest.key, digest, self._cancellation) as writer:
                with self._source.open(digest, writer.offset) as reader:
                    writer.expect(size)
                    while piece := reader.read(_PIECE):
                        self._cancellation.check()
                        writer.write(memoryview(piece))
                try:
                    writer.commit(digest)
                except DigestMismatch:
                    writer.restart()
                else:
                    return True
        self._target.forget_partial(digest.key)
        return False

    def _move_upstream(self, digest: Digest) -> None:
        name = upstream_member(digest)
        if name in self._mark.verified:
            return self._count(0, is_new=False)
        raw = self._source.kept_upstream(digest)
        if raw is None:
            return self._damaged(digest) if self._source.upstream_size(digest) else self._count(0, is_new=False)
        self._target.keep_upstream(digest, raw)
        if self._target.kept_upstream(digest) != raw:
            raise StorageFailure(f"The manifest {digest} is not at the target as it was written there")
        self._mark.note(name)
        return self._count(0, is_new=True)

    def _count(self, size: int, is_new: bool) -> None:
        with self._lock:
            self._now.files += 1
            self._now.bytes += size
            self._now.copied += is_new
            self._progress(self._now)

    def _damaged(self, digest: Digest) -> None:
        with self._lock:
            self._now.damaged.append(digest)

    def _compare(self, planned: Plan) -> None:
        """Compare what was counted with what the target lists now, allowing for removals at the source."""
        lost = _lacking(planned.sizes, self._target.all(), self._now.damaged)
        lost += _lacking(planned.upstream, self._target.all_upstream(), self._now.damaged)
        for digest in lost:
            if self._source.has(digest) or self._source.upstream_size(digest):
                raise StorageFailure(f"{self._target.place(digest)} was written and is not there")


def _lacking(wanted: Iterable[Digest], found: Iterator[Digest], damaged: list[Digest]) -> list[Digest]:
    return list(set(wanted) - set(found) - set(damaged))
