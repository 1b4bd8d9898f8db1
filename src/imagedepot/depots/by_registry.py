"""The half of a depot that brings docker images: they come from registries, wherever they were found."""

from __future__ import annotations

from imagedepot.cancellation import Cancellation
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, Resolved, ResolvedOci
from imagedepot.protocols import Fetcher
from imagedepot.remote.oci.source import OciSource


class ByRegistry:
    """`current`, `resolve` and `fetcher` of `protocols.Depot`."""

    def __init__(self, source: OciSource) -> None:
        self._source = source

    def current(self, request: ImageRequest, cancellation: Cancellation, *, is_check: bool = False) -> Digest | None:
        return self._source.current(request, cancellation, is_check=is_check)

    def resolve(self, request: ImageRequest, known: Digest | None, cancellation: Cancellation) -> Resolved:
        return self._source.resolve(request, known, cancellation)

    def fetcher(self, resolved: Resolved) -> Fetcher:
        if not isinstance(resolved, ResolvedOci):
            raise TypeError("registries have docker images only")
        return self._source.fetcher(resolved)
