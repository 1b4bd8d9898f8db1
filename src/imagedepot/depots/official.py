"""The Docker Official Images as a depot, with titles and icons from catalogs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from imagedepot.cancellation import Cancellation
from imagedepot.depots.cached import Cached
from imagedepot.depots.listed import Listed, matches
from imagedepot.depots.official_memory import OfficialMemory
from imagedepot.errors import Cancelled, DepotError, InvalidReference
from imagedepot.model.depot import OFFICIAL, DepotId, DepotKind
from imagedepot.model.hub import page_on_hub
from imagedepot.model.image import Found, ImageRequest, ImageType
from imagedepot.model.names.reference import Reference
from imagedepot.protocols import LxcOrigin, OciOrigin
from imagedepot.remote.hub.rows import HubImage

_LIFETIME = 6 * 3600.0
_ALL = "library"

Images = tuple[HubImage, ...]


class OfficialDepot:
    """`protocols.Depot`. `ask` gets the list from Docker Hub; `catalogs` gives the catalogs' rows of official images,
    and `described` a request with what the catalogs say of its image.

    While Docker Hub is down: the last known list, from `memory` if need be; else the catalogs' rows.
    """

    kind = DepotKind.OFFICIAL

    def __init__(
        self,
        ask: Callable[[Cancellation], Images],
        source: OciOrigin,
        memory: OfficialMemory,
        catalogs: Callable[[], Sequence[Found]],
        described: Callable[[ImageRequest], ImageRequest] = lambda request: request,
        *,
        id_: DepotId = OFFICIAL,
        lifetime: float = _LIFETIME,
        patience: float = 3.0,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.id = id_
        self.oci: OciOrigin | None = source
        self.lxc: LxcOrigin | None = None
        self._ask = ask
        self._memory = memory
        self._catalogs = catalogs
        self._described = described
        self._now = now
        self._cache: Cached[str, Images] = Cached(
            lambda _, cancellation: self._fresh(cancellation),
            lifetime=lifetime,
            patience=patience,
            capacity=1,
            clock=clock,
        )
        self._lock = threading.Lock()
        self._remembered = False
        self._made: tuple[Images, Sequence[Found], Sequence[Found]] | None = None

    def list(self, query: str, cancellation: Cancellation | None = None) -> Listed:
        """Rows ascending by name. Raises Docker Hub's error when no catalog has an official image either."""
        self._remember()
        try:
            kept = self._cache.get(_ALL, cancellation)
        except Cancelled:
            raise
        except DepotError:
            rows = _from_catalogs(self._catalogs())
            stale = True
            if not rows:
                raise
        else:
            rows = self._rows(kept.value)
            stale = kept.stale
        text = query.lower()
        return Listed([row for row in rows if matches(row, text)] if text else rows, stale)

    def page(self, query: str, page: int, limit: int, cancellation: Cancellation | None = None) -> None:
        """None: `list` has every row."""

    def accepted(self, request: ImageRequest) -> ImageRequest:
        return self._described(request)

    def _fresh(self, cancellation: Cancellation) -> Images:
        images = self._ask(cancellation)
        self._memory.save(images, self._now())
        return images

    def _remember(self) -> None:
        """Read the file on first use, not at start."""
        with self._lock:
            if self._remembered:
                return
            self._remembered = True
            known = self._memory.load()
        if known is not None:
            images, reported = known
            age = (self._now() - reported).total_seconds()
            self._cache.put(_ALL, images, age if age >= 0 else float("inf"))

    def _rows(self, images: Images) -> Sequence[Found]:
        """The rows; made again only when Docker Hub's list or a catalog has changed."""
        lent = self._catalogs()
        with self._lock:
            made = self._made
            if made is None or made[0] is not images or made[1] is not lent:
                lenders = _lenders(lent)
                made = (images, lent, tuple(_row(image, lenders.get(image.name)) for image in images))
                self._made = made
            return made[2]


def _row(image: HubImage, lender: Found | None) -> Found:
    row = Found(
        ImageType.DOCKER,
        image.name,
        title=image.name,
        description=image.description,
        location=page_on_hub(image.name),
        categories=image.categories,
        is_official=True,
        star_count=image.stars,
        pull_count=image.pulls,
    )
    if lender is None:
        return row
    title = lender.title.removesuffix(f" {lender.tag}") if lender.tag else lender.title
    return replace(row, title=title or image.name, icon=lender.icon, architecture=lender.architecture)


def _lenders(rows: Sequence[Found]) -> dict[str, Found]:
    """For each repository the row that lends its title and icon: the one of `latest`, else the first.

    A row that is there for several architectures is for none of them alone.
    """
    found: dict[str, Found] = {}
    architectures: dict[str, set[str]] = {}
    for row in rows:
        repository = _repository(row)
        architectures.setdefault(row.name, set()).add(row.architecture)
        before = found.get(repository)
        if before is None or (before.tag not in ("", "latest") and row.tag in ("", "latest")):
            found[repository] = row
    return {
        name: row if len(architectures[row.name]) == 1 else replace(row, architecture="") for name, row in found.items()
    }


def _from_catalogs(rows: Sequence[Found]) -> Sequence[Found]:
    """The catalogs' rows, as rows of this depot."""
    own = [replace(row, is_official=True, location=row.location or page_on_hub(_repository(row))) for row in rows]
    return tuple(sorted(own, key=lambda row: (row.name.encode(), row.architecture)))


def _repository(row: Found) -> str:
    try:
        return Reference.parse(row.name).familiar_name
    except InvalidReference:
        return row.name
