"""The rows of a remote depot that a query asks for, and which of them are here already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from imagedepot.cancellation import Cancellation
from imagedepot.errors import InvalidReference, StoreUnavailable
from imagedepot.model.image import Found, ImageType, InstalledImage
from imagedepot.model.names.reference import Reference, is_explicit
from imagedepot.protocols import Depot
from imagedepot.service.finding.list_query import ListQuery
from imagedepot.service.finding.relevance import ranked, texts_of

if TYPE_CHECKING:
    from imagedepot.service.images import Images

UnderWay = frozenset[tuple[ImageType, str, str]]
"""Downloads that have not ended: type, name, tag ("" for LXC)."""


@dataclass(frozen=True)
class Here:
    """The installed images, by the keys that rows are compared with."""

    tags: frozenset[tuple[str, str]]
    repositories: frozenset[str]
    architectures: Mapping[str, str]  # of LXC images, by name
    under_way: UnderWay
    downloading: frozenset[str]

    @classmethod
    def of(cls, docker: Iterable[InstalledImage], lxc: Iterable[InstalledImage], under_way: UnderWay) -> Here:
        docker = list(docker)
        return cls(
            frozenset((image.name, image.tag) for image in docker),
            frozenset(image.name for image in docker),
            {image.name: image.platform.debian if image.platform else "" for image in lxc},
            under_way,
            frozenset(name for type_, name, _ in under_way if type_ is ImageType.DOCKER),
        )

    def state(self, row: Found) -> tuple[bool, bool]:
        """(installed, downloading): docker by exact tag, a search row by any tag, LXC by name."""
        if row.type is ImageType.LXC:
            own = self.architectures.get(row.name)
            installed = own is not None and (not own or not row.architecture or own == row.architecture)
            return installed, (ImageType.LXC, row.name, "") in self.under_way
        name, tag = _repository(row.name, row.tag)
        if not tag:
            return name in self.repositories, name in self.downloading
        return (name, tag) in self.tags, (ImageType.DOCKER, name, tag) in self.under_way


@dataclass(frozen=True, slots=True)
class Finding:
    """`rows` of the wanted page of `depot`, `total` of all pages; `stale` when they are from before the upstream went
    away. `here` is what to compare them with.
    """

    depot: Depot
    rows: Sequence[Found]
    total: int
    stale: bool
    here: Here


def find(
    images: Images, query: ListQuery, under_way: Callable[[], UnderWay], cancellation: Cancellation | None = None
) -> Finding:
    """The rows for a query; Docker Hub's are in its own order of relevance, always.

    Raises the depot's error when it has no rows at all.
    """
    depot = images.depots[query.depot]
    if query.type is ImageType.LXC and depot.lxc is None:
        return Finding(depot, (), 0, False, _here(images, under_way))
    if query.page is not None:
        page = images.find_page(query.depot, query.filter_text, query.page.number, query.page.limit, cancellation)
        if page is not None:
            return Finding(depot, page.rows, page.total, page.stale, _here(images, under_way))
    is_ranked = query.by_relevance and query.filter_text.strip() != "" and not depot.kind.ranks_rows
    listing = images.find(query.depot, "" if is_ranked else query.filter_text, cancellation)
    here = _here(images, under_way)
    rows = [row for row in listing.rows if query.type in (None, row.type)]
    if is_ranked:
        rows = ranked(rows, query.filter_text, texts_of)
    if query.by_place:
        rows.sort(key=lambda row: row.place)
    if query.installed is not None and depot.kind.names_images:
        rows = [row for row in rows if here.state(row)[0] == query.installed]
    return Finding(depot, rows[query.page.rows] if query.page else rows, len(rows), listing.stale, here)


def snapshots(
    local: Callable[[ImageType], Sequence[InstalledImage]], types: Iterable[ImageType] = tuple(ImageType)
) -> tuple[dict[ImageType, Sequence[InstalledImage]], Sequence[StoreUnavailable]]:
    """The images of every store that answers, and why the others do not.

    `local` lists one type (`Images.local`). Raises `StoreUnavailable` when no store answers.
    """
    found: dict[ImageType, Sequence[InstalledImage]] = {}
    away = []
    for type_ in types:
        try:
            found[type_] = local(type_)
        except StoreUnavailable as error:
            away.append(error)
    if away and not found:
        raise away[0]
    return found, away


def _here(images: Images, under_way: Callable[[], UnderWay]) -> Here:
    """What is installed; nothing of a store that is away, because a catalog can be read without it."""
    try:
        found, _ = snapshots(images.local)
    except StoreUnavailable:
        found = {}
    return Here.of(found.get(ImageType.DOCKER, ()), found.get(ImageType.LXC, ()), under_way())


@lru_cache(maxsize=20_000)
def _repository(name: str, tag: str) -> tuple[str, str]:
    """A row's repository in its familiar form, and its tag ("" where it names none)."""
    try:
        reference = Reference.parse(name)
    except InvalidReference:
        return name, tag
    return reference.familiar_name, tag or (reference.label if is_explicit(name) else "")
