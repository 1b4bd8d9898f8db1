"""Where images are found, and how one of them is pinned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias, TypeVar

from imagedepot.cancellation import Cancellation
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.depot import DepotId, DepotKind
from imagedepot.model.digest import Digest
from imagedepot.model.image import Found, ImageRequest, RemoteFile, ResolvedLxc, ResolvedOci
from imagedepot.protocols.streams import Fetcher

R = TypeVar("R")
C = TypeVar("C", Descriptor, RemoteFile, contravariant=True)


class Listing(Protocol):
    """Rows of a depot. `stale`: they are from the cache, because the upstream is down."""

    @property
    def rows(self) -> Sequence[Found]: ...

    @property
    def stale(self) -> bool: ...


class ListingPage(Listing, Protocol):
    """Some rows of a listing; `total` is the number of all rows."""

    @property
    def total(self) -> int: ...


class Origin(Protocol[R, C]):
    """Brings the images of one type: looks up digests, pins an image, opens its files."""

    @property
    def keeps_digests(self) -> bool:
        """Whether its images have the digests that their upstream gave them. An archive may have lost a manifest."""

    def current(self, request: ImageRequest, cancellation: Cancellation, *, is_check: bool = False) -> Digest | None:
        """The digest that the tag names now, by one HEAD (a GET where that fails); None without digests.

        `is_check`: nothing is downloaded, so no request may count as a pull upstream.
        """

    def resolve(self, request: ImageRequest, known: Digest | None, cancellation: Cancellation) -> R:
        """Pin the image, from `known` (the answer of `current`) down to its files.

        Raises `UpstreamNotFound`, `Unsuitable`, `UpstreamError`, `Unavailable`.
        """

    def fetcher(self, resolved: R) -> Fetcher[C]:
        """A fetcher for the image's files; made again after a restart."""


OciOrigin: TypeAlias = Origin[ResolvedOci, Descriptor]
LxcOrigin: TypeAlias = Origin[ResolvedLxc, RemoteFile]


class Depot(Protocol):
    """A place where images are found. `oci` and `lxc` bring its images of each type; None for a type that it lacks."""

    @property
    def id(self) -> DepotId: ...

    @property
    def kind(self) -> DepotKind: ...

    @property
    def oci(self) -> OciOrigin | None: ...

    @property
    def lxc(self) -> LxcOrigin | None: ...

    def list(self, query: str, cancellation: Cancellation | None = None) -> Listing:
        """Every row that matches `query` (empty: all). Raises `Unavailable` only when nothing is cached either."""

    def page(self, query: str, page: int, limit: int, cancellation: Cancellation | None = None) -> ListingPage | None:
        """Page `page` (from 1) of `limit` rows, if the upstream has more rows than `list` returns; else None.

        Raises `InvalidInput`, and as `list`.
        """

    def accepted(self, request: ImageRequest) -> ImageRequest:
        """The request as this depot knows the image: an alias by its name, and with what the depot says of the image
        where the request says nothing. May wait a few seconds, for LXC. Raises `UpstreamNotFound`.
        """
