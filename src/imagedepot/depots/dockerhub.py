"""Docker Hub as a depot: results of Docker Hub's search in its order, and details of one repository."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from imagedepot.cancellation import Cancellation
from imagedepot.depots.cached import Cached, CachedValue
from imagedepot.depots.listed import ListedPage
from imagedepot.errors import InvalidInput
from imagedepot.model.depot import DOCKERHUB, DepotId, DepotKind
from imagedepot.model.hub import page_on_hub
from imagedepot.model.image import Found, ImageRequest, ImageType
from imagedepot.model.names.reference import Reference
from imagedepot.protocols import LxcOrigin, OciOrigin

if TYPE_CHECKING:
    from imagedepot.model.hub import RepositoryDetails, TagPage
    from imagedepot.remote.hub.hub import Hub
    from imagedepot.remote.hub.rows import HubImage
    from imagedepot.remote.hub.search import HubPage

FIRST_ROWS = 25
_LONGEST_QUERY = 255
_LIFETIME = 600.0
_MOST_ROWS = 1000


class DockerHubDepot:
    """`protocols.Depot`. Without a query there are no rows, and Docker Hub is not asked."""

    kind = DepotKind.REGISTRY

    def __init__(
        self,
        hub: Callable[[], Hub],
        source: OciOrigin,
        *,
        id_: DepotId = DOCKERHUB,
        lifetime: float = _LIFETIME,
        patience: float = 3.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.id = id_
        self.oci: OciOrigin | None = source
        self.lxc: LxcOrigin | None = None
        self._cache: Cached[tuple[str, int, int], HubPage] = Cached(
            lambda key, cancellation: hub().search.page(*key, cancellation),
            lifetime=lifetime,
            patience=patience,
            clock=clock,
        )
        self._details: Cached[Reference, RepositoryDetails] = Cached(
            lambda reference, cancellation: hub().details(reference, cancellation),
            lifetime=lifetime,
            patience=patience,
            clock=clock,
        )

        self._tag_pages: Cached[tuple[Reference, int], TagPage] = Cached(
            lambda key, cancellation: hub().tag_page(*key, cancellation),
            lifetime=lifetime,
            patience=patience,
            clock=clock,
        )

    def list(self, query: str, cancellation: Cancellation | None = None) -> ListedPage:
        """The first 25 matches."""
        return self.page(query, 1, FIRST_ROWS, cancellation)

    def page(self, query: str, page: int, limit: int, cancellation: Cancellation | None = None) -> ListedPage:
        """The matches on page `page` (from 1) of `limit` rows each; `total` counts all matches, as Docker Hub does.

        Raises `InvalidInput`, and what a search raises when nothing is cached for this page.
        """
        text = " ".join(query.split())
        if len(text) > _LONGEST_QUERY:
            raise InvalidInput(f"A search on Docker Hub has at most {_LONGEST_QUERY} characters")
        if page < 1 or not 1 <= limit <= _MOST_ROWS:
            raise InvalidInput(f"A page is at least 1, and has 1 to {_MOST_ROWS:,} rows")
        if not text:
            return ListedPage(())
        kept = self._cache.get((text, (page - 1) * limit, limit), cancellation)
        total = kept.value.total
        if page > 1 and not kept.value.images:
            # Past the end, where not every dialect reports the total.
            total = max(total, self._cache.get((text, 0, limit), cancellation).value.total)
        return ListedPage([_row(image) for image in kept.value.images], kept.stale, total)

    def accepted(self, request: ImageRequest) -> ImageRequest:
        """The request itself: no catalog has a word about it, so none is loaded."""
        return request

    def details(self, reference: Reference, cancellation: Cancellation | None = None) -> CachedValue[RepositoryDetails]:
        """Raises `UpstreamNotFound`, and what Docker Hub's failure is when nothing is cached."""
        return self._details.get(reference, cancellation)

    def tag_page(
        self, reference: Reference, page: int, cancellation: Cancellation | None = None
    ) -> CachedValue[TagPage]:
        """Raises as `details`."""
        return self._tag_pages.get((reference, page), cancellation)


def _row(image: HubImage) -> Found:
    return Found(
        ImageType.DOCKER,
        image.name,
        description=image.description,
        icon=image.icon,
        location=page_on_hub(image.name),
        categories=image.categories,
        is_official=image.is_official,
        is_trusted=image.is_trusted,
        star_count=image.stars,
        pull_count=image.pulls,
    )
