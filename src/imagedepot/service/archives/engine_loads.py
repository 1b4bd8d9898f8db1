"""Images that are given to an engine beside the store: what Docker or Podman has then runs without a pull."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, DepotError, NotFound, Unavailable
from imagedepot.model.content.archives import ArchiveFormat
from imagedepot.model.image import ImageType, titled
from imagedepot.model.names.reference import Reference
from imagedepot.model.stores import SeenEngine
from imagedepot.protocols import ImageArchive
from imagedepot.service.images import Images

_AT_ONCE = 2
_MOST_WAITING = 100
_MOST_ENDED = 100
_log = logging.getLogger(__name__)

Load = Callable[[str, Iterable[bytes], Reference, Cancellation], None]
"""Gives an archive of the image with this reference to the engine at an address."""


class LoadStatus(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class EngineLoad:
    """`done` of `total` bytes have been sent; `total` is None where it is not known. `error` is one sentence."""

    id: str
    name: str
    tag: str
    engine: SeenEngine
    status: LoadStatus = LoadStatus.RUNNING
    done: int = 0
    total: int | None = None
    error: str = ""


@dataclass
class _Job:
    load: EngineLoad
    cancellation: Cancellation = field(default_factory=Cancellation)


class EngineLoads:
    """`engines` looks for those that answer now. Safe for many threads; call `close` at the end."""

    def __init__(self, images: Images, engines: Callable[[], Iterable[SeenEngine]], load: Load) -> None:
        self._images = images
        self._engines = engines
        self._load = load
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}
        self._workers: ThreadPoolExecutor | None = None

    def engines(self) -> Sequence[SeenEngine]:
        """Those that take docker images."""
        return [each for each in self._engines() if each.type is ImageType.DOCKER]

    def start(self, name: str, tag: str, engine: str) -> EngineLoad:
        """Begin to give an image to an engine: `docker`, `podman`, or the address of one that answers.

        Raises `ImageNotFound`, `NotFound` for an engine that does not answer, `Unavailable` when too many wait.
        """
        image = self._images.found(ImageType.DOCKER, name, tag)
        found = self.engines()
        chosen = next((each for each in found if engine in (each.kind, each.address)), None)
        if chosen is None:
            others = ", ".join(f"{each.kind} at {each.address}" for each in found)
            raise NotFound(
                f"No engine {engine[:100]!r} answers on this host that is not the store itself"
                + (f"; there is {others}" if others else "")
            )
        job = _Job(EngineLoad(secrets.token_hex(8), image.name, image.tag, chosen))
        with self._lock:
            ended = [key for key, each in self._jobs.items() if each.load.status is not LoadStatus.RUNNING]
            for key in ended[: max(0, len(ended) - _MOST_ENDED)]:
                del self._jobs[key]
            if len(self._jobs) - len(ended) >= _MOST_WAITING:
                raise Unavailable("Too many images wait for an engine already", retry_after=30)
            self._jobs[job.load.id] = job
            self._workers = self._workers or ThreadPoolExecutor(_AT_ONCE, "engine-load")
            self._workers.submit(self._run, job)
        return job.load

    def find(self, id_: str) -> EngineLoad:
        """Raises `NotFound`."""
        return self._job(id_).load

    def cancel(self, id_: str) -> EngineLoad:
        """Raises `NotFound`."""
        job = self._job(id_)
        job.cancellation.cancel()
        return job.load

    def close(self) -> None:
        with self._lock:
            jobs, workers = list(self._jobs.values()), self._workers
        for job in jobs:
            job.cancellation.cancel()
        if workers is not None:
            workers.shutdown(wait=False, cancel_futures=True)

    def _job(self, id_: str) -> _Job:
        with self._lock:
            job = self._jobs.get(id_)
        if job is None:
            raise NotFound(f"There is no load {id_[:40]!r} into an engine")
        return job

    def _run(self, job: _Job) -> None:
        load = job.load
        title = titled(ImageType.DOCKER, load.name, load.tag)
        try:
            job.cancellation.check()
            with self._images.archive([(load.name, load.tag)], ArchiveFormat.DOCKER) as archive:
                job.load = replace(job.load, total=archive.size)
                reference = Reference.for_tag(load.name, load.tag)
                self._load(load.engine.address, _counted(job, archive), reference, job.cancellation)
        except Cancelled:
            job.load = replace(job.load, status=LoadStatus.CANCELLED)
        except DepotError as error:
            text = str(error)
            job.load = replace(job.load, status=LoadStatus.FAILED, error=text if title in text else f"{title}: {text}")
        except Exception:  # noqa: BLE001 - its executor tells nobody
            _log.exception("%s could not be given to %s", title, load.engine.kind)
            job.load = replace(job.load, status=LoadStatus.FAILED, error="An internal error; the log tells more")
        else:
            job.load = replace(job.load, status=LoadStatus.DONE)


def _counted(job: _Job, archive: ImageArchive) -> Iterator[bytes]:
    for chunk in archive.chunks():
        job.cancellation.check()
        yield chunk
        job.load = replace(job.load, done=job.load.done + len(chunk))
