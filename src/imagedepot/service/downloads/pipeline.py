"""One download, from its request to an image in a store (`docs/architecture.md`, "One download, walked").

No queue and no database here: the service's worker and a command without a service both call `DownloadPipeline.run`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from imagedepot.cancellation import Cancellation
from imagedepot.content.gc import GarbageCollector
from imagedepot.content.transfer.progress import Progress
from imagedepot.errors import DepotError, InvalidInput, StoreUnavailable
from imagedepot.model.depot import DepotId
from imagedepot.model.image import ImageRequest, ImageType, Resolved
from imagedepot.model.names.reference import Reference
from imagedepot.protocols import Depot
from imagedepot.remote.oci.endpoint import title_of
from imagedepot.service.downloads.lxc_download import LxcDownload
from imagedepot.service.downloads.oci_download import OciDownload
from imagedepot.service.downloads.work import DownloadWork, Outcome, Tools
from imagedepot.service.stores.in_use import StoresInUse

if TYPE_CHECKING:
    from imagedepot.content.archives.incoming import Incoming


class DownloadPipeline:
    """Runs downloads of both types into the stores that are chosen when each begins.

    `on_success` is called with each request whose image was installed; images on their way from another store's engine
    are files in `incoming`.
    """

    def __init__(
        self,
        depots: Mapping[DepotId, Depot],
        stores: StoresInUse,
        tools: Tools,
        collector: GarbageCollector,
        on_success: Callable[[ImageRequest], None] = lambda _: None,
        incoming: Callable[[], Incoming] | None = None,
    ) -> None:
        self._depots = depots
        self._stores = stores
        self._incoming = incoming
        self._tools = tools
        self._collector = collector
        self._on_success = on_success

    def into(self, stores: StoresInUse) -> DownloadPipeline:
        """The same, into these stores."""
        return DownloadPipeline(self._depots, stores, self._tools, self._collector, self._on_success, self._incoming)

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
        with ExitStack() as origins:
            outcome = self._work(request, progress, cancellation, origins).run(resolved, on_resolved)
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
        has_registry = depot is not None and not depot.kind.is_local and not request.moved_from
        if request.type is ImageType.LXC or not has_registry or isinstance(error, StoreUnavailable):
            return f"{request.title}: {text}"
        registry = Reference.for_tag(request.name, request.tag).registry
        return f"{request.title} from {title_of(registry)}: {text}"

    def _work(
        self, request: ImageRequest, progress: Progress, cancellation: Cancellation, origins: ExitStack
    ) -> DownloadWork[Any, Any]:
        """`origins` closes what an image is read from."""
        if request.moved_from:
            return self._move(request, progress, cancellation, origins)
        depot = self._depots.get(request.depot)
        if depot is None:  # written down while there was one
            raise InvalidInput(f"{request.title} is from the depot {request.depot}, which is no longer there")
        if request.type is ImageType.DOCKER:
            if depot.oci is None:
                raise InvalidInput(f"{request.depot} has no docker images")
            return OciDownload(self._tools, request, depot.oci, self._stores.oci, progress, cancellation)
        if depot.lxc is None:
            raise InvalidInput(f"{request.depot} has no LXC images")
        return LxcDownload(self._tools, request, depot.lxc, self._stores.lxc, progress, cancellation)

    def _move(
        self, request: ImageRequest, progress: Progress, cancellation: Cancellation, origins: ExitStack
    ) -> DownloadWork[Any, Any]:
        """Raises `NotFound`: the store that it is moved from is not in use any more."""
        from imagedepot.depots.moved import MovedLxc, MovedOci  # late: few downloads are moves

        stores, tools = self._stores, self._tools
        if request.type is ImageType.LXC:
            lxc = MovedLxc(stores.lxc_at(request.moved_from), request)
            return LxcDownload(tools, request, lxc, stores.lxc, progress, cancellation)
        if self._incoming is None:
            raise InvalidInput("Images cannot be moved here")
        source = stores.oci_at(request.moved_from)
        oci = origins.enter_context(MovedOci(source, request, self._incoming(), tools.blobs, tools.platform()))
        return OciDownload(tools, request, oci, stores.oci, progress, cancellation)
