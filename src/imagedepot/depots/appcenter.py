"""The App Center as a depot: the docker and LXC images of all catalogs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from imagedepot.cancellation import Cancellation
from imagedepot.depots.catalog_images import CatalogImages, fitting
from imagedepot.depots.listed import Listed
from imagedepot.model.depot import APPCENTER, DepotId, DepotKind
from imagedepot.model.image import ImageRequest, ImageType, Remark
from imagedepot.model.platform import Platform
from imagedepot.protocols import LxcOrigin, OciOrigin
from imagedepot.remote.catalogs.catalog_set import CatalogSet
from imagedepot.remote.catalogs.entry import Entry
from imagedepot.remote.http.transport import Transport


class AppCenterDepot:
    """`protocols.Depot`. Docker images come from registries, LXC images from where the catalogs say.

    `platform` is the one that LXC images are wanted for.
    """

    kind = DepotKind.CATALOGS

    def __init__(
        self,
        catalogs: CatalogSet,
        source: OciOrigin,
        transport: Transport,
        platform: Callable[[], Platform],
        *,
        id_: DepotId = APPCENTER,
    ) -> None:
        self.id = id_
        self.oci: OciOrigin | None = source
        self.lxc: LxcOrigin | None = CatalogImages(catalogs, transport, platform)
        self._catalogs = catalogs
        self._platform = platform

    def list(self, query: str, cancellation: Cancellation | None = None) -> Listed:
        """Rows ascending by name. Raises the reason when no catalog could ever be read."""
        now = self._catalogs.complete()
        if not now.rows:
            for state in (source.state for source in self._catalogs.sources):
                if state.error is not None and state.fetched is None:
                    raise state.error
        text = query.lower()
        if not text:
            return Listed(now.rows, self._catalogs.stale)
        found = [row for row, sought in zip(now.rows, now.sought, strict=True) if text in sought]
        return Listed(found, self._catalogs.stale)

    def page(self, query: str, page: int, limit: int, cancellation: Cancellation | None = None) -> None:
        """None: `list` has every row."""

    def accepted(self, request: ImageRequest) -> ImageRequest:
        """The request as the catalogs have it: an LXC alias by its name, and what they say of the image where the
        request says nothing. Waits for catalogs only when none that is here has the name.

        Raises `UpstreamNotFound` for an LXC name that no catalog has.
        """
        if request.type is ImageType.DOCKER:
            return self.described(request)
        listed = self._catalogs.listed(request.name)
        mine = next(iter(fitting(listed, request.platform or self._platform())), listed[0]).entry
        return _with_remark(replace(request, name=mine.name), mine)

    def described(self, request: ImageRequest) -> ImageRequest:
        """A request for a docker image, with what the catalogs say of it where the request says nothing."""
        return _with_remark(request, self._catalogs.now().docker(request.name, request.tag))

    def listed_name(self, name: str) -> str:
        """The listed name of an LXC alias; sends no request."""
        known = self._catalogs.now().lxc(name)
        return known[0].entry.name if known else name

    def platforms(self, name: str) -> Sequence[Platform]:
        """The platforms of an LXC image, as far as catalogs name them. Raises `UpstreamNotFound`."""
        architectures = {each.entry.architecture for each in self._catalogs.listed(name)} - {""}
        return [Platform.of("linux", architecture) for architecture in sorted(architectures)]


def _with_remark(request: ImageRequest, entry: Entry | None) -> ImageRequest:
    said = request.remark
    if entry is None or (said.description and said.icon):
        return request
    return replace(
        request, remark=Remark(said.description or entry.description, said.location, said.icon or entry.icon)
    )
