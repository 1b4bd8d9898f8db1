"""The depot `appcenter`: what catalogs recommend, docker and LXC images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from imagedepot.cancellation import Cancellation
from imagedepot.depots.by_registry import ByRegistry
from imagedepot.depots.listed import Listed
from imagedepot.errors import NoSuchPlatform
from imagedepot.model.digest import Digest
from imagedepot.model.image import DepotName, ImageRequest, ImageType, Remark, Resolved, ResolvedLxc
from imagedepot.model.platform import Platform
from imagedepot.protocols import Fetcher
from imagedepot.remote.catalogs.catalog_set import CatalogSet
from imagedepot.remote.catalogs.collection import Known
from imagedepot.remote.catalogs.entry import Entry
from imagedepot.remote.http.address import AddressSource
from imagedepot.remote.http.files import FileFetcher
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.oci.source import OciSource

_DEPOTS = (DepotName.APPCENTER, DepotName.OFFICIAL)


class AppCenterDepot(ByRegistry):
    """`protocols.Depot`. Docker images come from registries; `platform` tells what LXC images are wanted for."""

    name = DepotName.APPCENTER

    def __init__(
        self, catalogs: CatalogSet, source: OciSource, transport: Transport, platform: Callable[[], Platform]
    ) -> None:
        super().__init__(source)
        self._catalogs = catalogs
        self._transport = transport
        self._platform = platform

    def list(self, query: str, cancellation: Cancellation | None = None) -> Listed:
        """Ascending by name. Raises why no catalog could be read, when none could ever."""
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

    def accepted(self, request: ImageRequest) -> ImageRequest:
        """The request as the catalogs have it: an LXC alias by its name, and what they say of the image where the
        request says nothing. Waits for catalogs only when none that is here has the name.

        Raises `UpstreamNotFound` for an LXC name that no catalog has.
        """
        if request.type is ImageType.DOCKER:
            entry = self._catalogs.now().docker(request.name, request.tag) if request.depot in _DEPOTS else None
            return _with_remark(request, entry)
        listed = self._catalogs.listed(request.name)
        mine = next(iter(_fitting(listed, request.platform or self._platform())), listed[0]).entry
        return _with_remark(replace(request, name=mine.name), mine)

    def listed_name(self, name: str) -> str:
        """An LXC alias as the name that it is listed under; waits for nobody."""
        known = self._catalogs.now().lxc(name)
        return known[0].entry.name if known else name

    def platforms(self, name: str) -> Sequence[Platform]:
        """What an LXC image is made for, where a catalog tells. Raises `UpstreamNotFound`."""
        told = {each.entry.architecture for each in self._catalogs.listed(name)} - {""}
        return [Platform.of("linux", architecture) for architecture in sorted(told)]

    def current(self, request: ImageRequest, cancellation: Cancellation, *, is_check: bool = False) -> Digest | None:
        """Of an LXC image the fingerprint, where a catalog tells one."""
        if request.type is ImageType.DOCKER:
            return super().current(request, cancellation, is_check=is_check)
        files = self._choose(request, cancellation)[0].entry.files
        if files is None:
            return None
        if files.fingerprint is not None:
            return Digest("sha256", files.fingerprint)
        return files.files[0].sha256 if len(files.files) == 1 else None

    def resolve(self, request: ImageRequest, known: Digest | None, cancellation: Cancellation) -> Resolved:
        if request.type is ImageType.DOCKER:
            return super().resolve(request, known, cancellation)
        chosen, warning = self._choose(request, cancellation)
        entry, files = chosen.entry, chosen.entry.files
        assert files is not None  # `CatalogSet.pin` gives no others
        return ResolvedLxc(
            entry.name,
            entry.architecture or (request.platform or self._platform()).debian,
            files.files,
            files.fingerprint,
            files.properties,
            files.created,
            warning,
            str(chosen.given_by),
        )

    def fetcher(self, resolved: Resolved) -> Fetcher:
        if isinstance(resolved, ResolvedLxc):
            return FileFetcher(self._transport, AddressSource.parse(resolved.named_by))
        return super().fetcher(resolved)

    def _choose(self, request: ImageRequest, cancellation: Cancellation) -> tuple[Known, str]:
        """The image for the wanted platform; the only one there is, with a warning, when no platform was asked for.

        Raises `NoSuchPlatform`, and what `CatalogSet.pin` raises.
        """
        offered = self._catalogs.listed(request.name)
        wanted = request.platform or self._platform()
        fitting = _fitting(offered, wanted)
        if fitting:
            return self._catalogs.pin(fitting[0], cancellation), ""
        if request.platform is None and len(offered) == 1:
            architecture = offered[0].entry.architecture
            warning = f"This image is for {architecture}, not for this host's {wanted}"
            return self._catalogs.pin(offered[0], cancellation), warning
        raise NoSuchPlatform(request.name, str(wanted), tuple(sorted(each.entry.architecture for each in offered)))


def _fitting(offered: Sequence[Known], wanted: Platform) -> Sequence[Known]:
    """What runs there, best first; an image that tells no architecture only when none is named so."""
    accepted = list(wanted.accepted())
    told = [(Platform.of("linux", each.entry.architecture), each) for each in offered if each.entry.architecture]
    named = sorted((pair for pair in told if pair[0] in accepted), key=lambda pair: accepted.index(pair[0]))
    return [known for _, known in named] or [each for each in offered if not each.entry.architecture]


def _with_remark(request: ImageRequest, entry: Entry | None) -> ImageRequest:
    said = request.remark
    if entry is None or (said.description and said.icon):
        return request
    return replace(
        request, remark=Remark(said.description or entry.description, said.location, said.icon or entry.icon)
    )
