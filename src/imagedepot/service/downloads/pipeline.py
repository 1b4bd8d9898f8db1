"""One download, from its request to an image in a store (`docs/architecture.md`, "One download, walked").

No queue and no database here: the service's worker and a command without a service both call `DownloadPipeline.run`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from imagedepot.cancellation import Cancellation
from imagedepot.content.gc import GarbageCollector
from imagedepot.content.transfer.progress import Progress
from imagedepot.errors import DepotError, InvalidInput, StoreUnavailable
from imagedepot.model.depot import DepotId
from imagedepot.model.image import ImageRequest, ImageType, Resolved
from imagedepot.model.names.reference import Reference
from imagedepot.protocols import Depot, LxcStore, OciStore
from imagedepot.remote.oci.endpoint import title_of
from imagedepot.service.downloads.lxc_download import LxcDownload
from imagedepot.service.downloads.oci_download import OciDownload
from imagedepot.service.downloads.work import DownloadWork, Outcome, Tools


class DownloadPipeline:
    """Runs downloads of both types. `on_success` is called with each request whose image was installed."""

    def __init__(
        self,
        depots: Mapping[DepotId, Depot],
        oci_store: OciStore,
        lxc_store: LxcStore,
        tools: Tools,
        collector: GarbageCollector,
        on_success: Callable[[ImageRequest], None] = lambda _: None,
    ) -> None:
        self._depots = depots
        self._oci_store = oci_store
        self._lxc_store = lxc_store
        self._tools = tools
        self._collector = collector
        self._on_success = on_success

    def run(
        self,
        request: ImageRequest,
        progress: Progress,
        cancellation: Cancellation,
        resolved: Resolved | None = None,
        on_resolved: Callable[[Resolved], None] = lambda _: None,
    ) -> Outcome:
        """Fetch the image and install it in its store.

        `resolved`: what an earlier run pinned, so that the tag is not asked again; `on_resolved` writes it down.
        Raises `Cancelled`, or one `DepotError` (`sentence` makes it name the image).
        """
        outcome = self._work(request, progress, cancellation).run(resolved, on_resolved)
        if outcome.changed:
            self._on_success(request)
            if outcome.leaves_garbage:
                self._collector.sweep()
        return outcome

    def sentence(self, request: ImageRequest, error: DepotError) -> str:
        """The error as one sentence that names the image and its registry."""
        text = str(error)
        if request.title in text:
            return text
        depot = self._depots.get(request.depot)
        has_registry = depot is not None and not depot.kind.is_local
        if request.type is ImageType.LXC or not has_registry or isinstance(error, StoreUnavailable):
            return f"{request.title}: {text}"
        registry = Reference.for_tag(request.name, request.tag).registry
        return f"{request.title} from {title_of(registry)}: {text}"

    def _work(self, request: ImageRequest, progress: Progress, cancellation: Cancellation) -> DownloadWork[Any, Any]:
        depot = self._depots.get(request.depot)
        if depot is None:  # written down while there was one
            raise InvalidInput(f"{request.title} is from the depot {request.depot}, which is no longer there")
        if request.type is ImageType.DOCKER:
            if depot.oci is None:
                raise InvalidInput(f"{request.depot} has no docker images")
            return OciDownload(self._tools, request, depot.oci, self._oci_store, progress, cancellation)
        if depot.lxc is None:
            raise InvalidInput(f"{request.depot} has no LXC images")
        return LxcDownload(self._tools, request, depot.lxc, self._lxc_store, progress, cancellation)
