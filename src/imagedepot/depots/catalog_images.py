"""The origin of LXC images: pins and fetches the files that catalogs name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from imagedepot.cancellation import Cancellation
from imagedepot.errors import NoSuchPlatform
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ResolvedLxc
from imagedepot.model.platform import Platform
from imagedepot.remote.catalogs.catalog_set import CatalogSet
from imagedepot.remote.catalogs.collection import Known
from imagedepot.remote.http.address import AddressSource
from imagedepot.remote.http.files import FileFetcher
from imagedepot.remote.http.transport import Transport


class CatalogImages:
    """A `protocols.LxcOrigin`. `platform` returns the default platform."""

    keeps_digests = True

    def __init__(self, catalogs: CatalogSet, transport: Transport, platform: Callable[[], Platform]) -> None:
        self._catalogs = catalogs
        self._transport = transport
        self._platform = platform

    def current(self, request: ImageRequest, cancellation: Cancellation, *, is_check: bool = False) -> Digest | None:
        """The fingerprint; None when the catalog has none."""
        files = self._choose(request, cancellation)[0].entry.files
        if files is None:
            return None
        if files.fingerprint is not None:
            return Digest("sha256", files.fingerprint)
        return files.files[0].sha256 if len(files.files) == 1 else None

    def resolve(self, request: ImageRequest, known: Digest | None, cancellation: Cancellation) -> ResolvedLxc:
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

    def fetcher(self, resolved: ResolvedLxc) -> FileFetcher:
        return FileFetcher(self._transport, AddressSource.parse(resolved.named_by))

    def _choose(self, request: ImageRequest, cancellation: Cancellation) -> tuple[Known, str]:
        """The image for the wanted platform; the only one there is, with a warning, when no platform was asked for.

        Raises `NoSuchPlatform`, and what `CatalogSet.pin` raises.
        """
        offered = self._catalogs.listed(request.name)
        wanted = request.platform or self._platform()
        suited = fitting(offered, wanted)
        if suited:
            return self._catalogs.pin(suited[0], cancellation), ""
        if request.platform is None and len(offered) == 1:
            architecture = offered[0].entry.architecture
            warning = f"This image is for {architecture}, not for this host's {wanted}"
            return self._catalogs.pin(offered[0], cancellation), warning
        raise NoSuchPlatform(request.name, str(wanted), tuple(sorted(each.entry.architecture for each in offered)))


def fitting(offered: Sequence[Known], wanted: Platform) -> Sequence[Known]:
    """The images that run on `wanted`, best first; one without an architecture only when none has that one."""
    accepted = list(wanted.accepted())
    known = [(Platform.of("linux", each.entry.architecture), each) for each in offered if each.entry.architecture]
    named = sorted((pair for pair in known if pair[0] in accepted), key=lambda pair: accepted.index(pair[0]))
    return [known for _, known in named] or [each for each in offered if not each.entry.architecture]
