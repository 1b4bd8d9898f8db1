"""Verification and repair: find what is damaged and fetch it again (`imagedepot verify --repair`)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.progress import Progress
from imagedepot.content.transfer.retry import SILENCE_SECONDS
from imagedepot.content.verify import Problem, Verifier
from imagedepot.errors import DepotError, InvalidReference
from imagedepot.model.content.slice import WHOLE, Slice
from imagedepot.model.depot import DepotId
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ImageType, InstalledImage, Resolved, default_depot
from imagedepot.model.names.reference import Reference
from imagedepot.protocols import Blobs, Depot, Store
from imagedepot.service.distribution.served import CACHED
from imagedepot.service.downloads.pipeline import DownloadPipeline

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`problems`, each with whether it is repaired now; `unnamed`: blobs that nothing needs, with their bytes."""

    checked: int
    bytes: int
    problems: tuple[tuple[Problem, bool], ...]
    unnamed: tuple[tuple[Digest, int], ...] = ()


class SetsAside(Protocol):
    """A store of our own files, which can be broken."""

    def set_aside(self, broken: Collection[Digest]) -> Sequence[InstalledImage]:
        """Stop listing what needs these until it is whole again; all that is not whole."""


class Repair:
    """`own_pipeline` brings images into our own stores where `pipeline` does not; `found` is called with what is wrong,
    each with whether it is repaired now."""

    def __init__(
        self,
        verifier: Verifier,
        blobs: Blobs,
        own: Callable[[], Sequence[SetsAside]],
        engines: Callable[[], Sequence[Store]],
        depots: Mapping[DepotId, Depot],
        pipeline: DownloadPipeline,
        own_pipeline: DownloadPipeline | None = None,
        found: Callable[[Sequence[tuple[Problem, bool]]], object] = lambda _: None,
    ) -> None:
        self._found = found
        self._verifier = verifier
        self._blobs = blobs
        self._own = own
        self._engines = engines
        self._depots = depots
        self._pipeline = pipeline
        self._own_pipeline = own_pipeline or pipeline

    def verify(self, repair: bool, slice_: Slice = WHOLE) -> Verdict:
        """`repair`: what is wrong goes into the quarantine and is fetched again, as it was, by digest.

        Until it is back, the images that need it are listed no more.
        """
        report = self._verifier.run(repair, slice_)
        if repair and report.problems:
            own, in_engines = self._hurt(report.problems)
            for image in own:
                self._fetch(image, self._own_pipeline)
            for image in in_engines:
                self._fetch(image, self._pipeline)
        ends = tuple((each, repair and self._is_back(each)) for each in report.problems)
        if ends:
            self._found(ends)
        return Verdict(report.checked, report.bytes, ends, report.unnamed)

    def _hurt(self, problems: Sequence[Problem]) -> tuple[list[InstalledImage], list[InstalledImage]]:
        """The images of our own stores, and those of engines, whose copies are hurt."""
        references = {reference for problem in problems for reference in problem.images}
        broken = [digest for problem in problems if (digest := _digest(problem)) is not None]
        own = [image for store in self._own() for image in store.set_aside(broken)]
        in_engines = [image for engine in self._engines() for image in engine.images() if image.title in references]
        return own, in_engines

    def _fetch(self, image: InstalledImage, pipeline: DownloadPipeline) -> None:
        if image.is_pushed:
            _log.error("repair: %s was pushed here, so that no upstream has it: push it again", image.title)
            return
        known = self._depots.get(image.depot) if image.depot is not None else None
        depot = known.id if known is not None else default_depot(image.type)
        request = ImageRequest(depot, image.type, image.name, image.tag, image.platform, image.remark)
        try:
            pipeline.run(request, Progress(), Cancellation(SILENCE_SECONDS), self._pinned(request, image.digest))
        except DepotError as error:
            _log.error("repair: %s", self._pipeline.sentence(request, error))

    def _pinned(self, request: ImageRequest, digest: Digest | None) -> Resolved | None:
        """The very image that was here where it has a digest, else the newest; None for a depot without its type."""
        depot = self._depots[request.depot]
        if request.type is ImageType.LXC:
            return depot.lxc.resolve(request, None, Cancellation(SILENCE_SECONDS)) if depot.lxc else None
        if depot.oci is None:
            return None
        if digest is None:
            return depot.oci.resolve(request, None, Cancellation(SILENCE_SECONDS))
        resolved = depot.oci.resolve(replace(request, tag=str(digest)), digest, Cancellation(SILENCE_SECONDS))
        return replace(resolved, reference=Reference.for_tag(request.name, request.tag))

    def _is_back(self, problem: Problem) -> bool:
        """Whether a problem is solved: a blob is back, or needed by no image and moved away."""
        if all(each.endswith(CACHED) for each in problem.images):
            return problem.moved
        digest = _digest(problem)
        return digest is not None and self._blobs.has(digest)


def _digest(problem: Problem) -> Digest | None:
    try:
        return Digest.parse(problem.digest)
    except InvalidReference:
        return None
