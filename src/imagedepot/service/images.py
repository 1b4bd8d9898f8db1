"""Images: what is installed, what a depot has, and the details of one image."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Conflict, ImageNotFound, InvalidInput, StoreUnavailable
from imagedepot.model.content.archives import ArchiveFormat
from imagedepot.model.content.lxc import LxcFiles
from imagedepot.model.depot import DepotId
from imagedepot.model.digest import Digest
from imagedepot.model.image import (
    LXC_TAG,
    ImageRequest,
    ImageType,
    InstalledImage,
    Layer,
    named_so,
    titled,
)
from imagedepot.model.names.pasted import as_reference
from imagedepot.model.names.reference import DOCKER_HUB, Reference, TagList
from imagedepot.model.names.upstreams import OWN_HOST
from imagedepot.model.platform import Platform
from imagedepot.protocols import Depot, ImageArchive, Listing, ListingPage, LxcStore, OciStore, Store
from imagedepot.service.stores.in_use import StoresInUse
from imagedepot.service.stores.listing import AllImages

if TYPE_CHECKING:
    from imagedepot.depots.cached import CachedValue
    from imagedepot.model.hub import RepositoryDetails, TagPage


class CatalogNames(Protocol):
    """What the catalogs call LXC images, and what those are made for."""

    def listed_name(self, name: str) -> str:
        """The listed name of an LXC alias; sends no request."""

    def platforms(self, name: str) -> Sequence[Platform]:
        """The platforms of an LXC image; none where no catalog names them. Raises `UpstreamNotFound`."""


class Upstreams(Protocol):
    """What can be asked about docker images before one is downloaded."""

    def tags(self, reference: Reference, cancellation: Cancellation) -> TagList:
        """All tags of the repository, as the upstream orders them."""

    def platforms(self, reference: Reference, cancellation: Cancellation) -> Sequence[Platform]:
        """The platforms that a tag is made for."""

    def details(self, reference: Reference, cancellation: Cancellation | None = None) -> CachedValue[RepositoryDetails]:
        """What Docker Hub says of a repository. Raises `UpstreamNotFound`, `Unavailable`, `UpstreamError`."""

    def tag_page(
        self, reference: Reference, page: int, cancellation: Cancellation | None = None
    ) -> CachedValue[TagPage]:
        """What Docker Hub says of a repository's tags, page by page. Raises as `details`."""

    @property
    def catalog_names(self) -> CatalogNames: ...


@dataclass(frozen=True, slots=True)
class Tags:
    """`latest` first, the others ascending as strings; `installed` are those in local; `gap` as of `TagList`."""

    installed: tuple[str, ...]
    tags: tuple[str, ...]
    gap: str = ""


@dataclass(frozen=True, slots=True)
class LayersOf:
    """The layers of one image, each with the references of the other images that have it too."""

    image: InstalledImage
    layers: Sequence[tuple[Layer, Sequence[str]]]
    history: Sequence[Mapping[str, Any]]


class Images:
    def __init__(
        self,
        stores: StoresInUse,
        depots: Mapping[DepotId, Depot],
        upstreams: Upstreams,
        platform: Callable[[], Platform],
        references: Callable[[], Mapping[Digest, Sequence[str]]],
        make_room: Callable[[], None] = lambda: None,
        learn_icons: Callable[[Iterable[str]], None] = lambda _: None,
    ) -> None:
        """`references`: for each blob of our own stores, the images that need it; `make_room` is called before a
        removal, which must work on a full disk; `learn_icons` with the addresses of icons that a depot names."""
        self._make_room = make_room
        self._stores = stores
        self._all = AllImages(stores)
        self.depots = depots
        self._upstreams = upstreams
        self._platform = platform
        self._references = references
        self._learn_icons = learn_icons
        self._forget_pushed: Callable[[str, str | None], bool] = lambda *_: False

    def forget_pushed_by(self, forget: Callable[[str, str | None], bool]) -> None:
        """From now on `forget` is called with the familiar name and the tag of each docker image that is removed, the
        tag None for all of a repository; it returns whether something that was pushed went."""
        self._forget_pushed = forget

    def local(self, type_: ImageType) -> Sequence[InstalledImage]:
        """The installed images of all stores: the same object until something changes. Raises `StoreUnavailable`."""
        return self._all.now(type_)

    def at_hand(self, type_: ImageType) -> Sequence[InstalledImage] | None:
        """As `local`, but None where a store has to be waited for: never waits, never raises."""
        return self._all.at_hand(type_)

    def in_chosen(self, type_: ImageType) -> Sequence[InstalledImage]:
        """What is in the store that takes new images. Raises `StoreUnavailable`."""
        return self._stores.chosen(type_).images()

    def find(self, depot: DepotId, query: str, cancellation: Cancellation | None = None) -> Listing:
        listing = self.depots[depot].list(query, cancellation)
        self._learn_icons(row.icon for row in listing.rows)
        return listing

    def accepted(self, request: ImageRequest) -> ImageRequest:
        """The request as its depot knows the image (`Depot.accepted`)."""
        return self.depots[request.depot].accepted(request)

    def find_page(
        self, depot: DepotId, query: str, page: int, limit: int, cancellation: Cancellation | None = None
    ) -> ListingPage | None:
        """As `find`, from where that is done upstream; None where `find` has every row to cut a page from."""
        found = self.depots[depot].page(query, page, limit, cancellation)
        if found is not None:
            self._learn_icons(row.icon for row in found.rows)
        return found

    @property
    def host(self) -> Platform:
        """The default platform of downloads."""
        return self._platform()

    def inspect(self, type_: ImageType, name: str, tag: str, store: str = "") -> Mapping[str, Any]:
        """`store`: which one is meant where two have an image of that name, the chosen one otherwise.

        Raises `ImageNotFound`, and `NotFound` for a store that is not in use.
        """
        name, tag = self._here(type_, name, tag, store)
        return self._store_of(type_, name, tag, store).inspect(name, tag)

    @contextlib.contextmanager
    def archive(self, names: Sequence[tuple[str, str]], format_: ArchiveFormat) -> Iterator[ImageArchive]:
        """Docker images, by name and tag in any spelling, as one archive. Raises as `OciStore.archive`, and `Conflict`
        for images that live in different stores."""
        here = list(dict.fromkeys(self._here(ImageType.DOCKER, *each) for each in names))
        stores = list({id(store): store for store in (self._oci_store_of(*each) for each in here)}.values())
        if len(stores) > 1:
            raise Conflict("Some of these images live in an engine and others do not: save them one by one")
        with stores[0].archive(here, format_) as archive:
            yield archive

    @contextlib.contextmanager
    def lxc_archive(self, name: str) -> Iterator[ImageArchive]:
        """An LXC image as one file for `lxc image import`. Raises as `LxcStore.archive`."""
        name, _ = self._here(ImageType.LXC, name, LXC_TAG)
        with self._lxc_store_of(name).archive(name) as archive:
            yield archive

    def remove(self, type_: ImageType, name: str, tag: str | None, store: str = "") -> None:
        """`store` as of `inspect`. Raises `ImageNotFound`, `NotFound`, and `Conflict`: in use, or a digest that several
        tags name."""
        self._make_room()
        if type_ is ImageType.LXC:
            with contextlib.suppress(ImageNotFound):  # the store says so in the words of the request
                name, _ = self._here(type_, name, "", store)
        elif tag is not None:
            named = named_so(self._of_store(type_, store), name, tag)
            named = [each for each in named if each.store == named[0].store]
            if len(named) > 1:
                tags = ", ".join(each.title for each in named)
                raise Conflict(f"{titled(type_, name, tag)} is here as {tags}: remove these by their tags")
            tag = named[0].tag if named else tag
        try:
            self._store_of(type_, name, tag, store).remove(name, tag)
        except ImageNotFound:  # an artifact and an empty repository are in no store
            if type_ is ImageType.LXC or not self._forget_pushed(name, tag):
                raise
            return
        if type_ is ImageType.DOCKER:
            self._forget_pushed(name, tag)

    def tags(self, name: str, cancellation: Cancellation | None = None) -> Tags:
        """The tags of a repository; while the engine is away, none is reported as installed.

        Raises `InvalidReference`, `UpstreamNotFound`, `Unavailable`, `UpstreamError`.
        """
        reference = Reference.parse(as_reference(name))
        is_own = reference.registry == OWN_HOST
        found = TagList(()) if is_own else self._upstreams.tags(reference, cancellation or Cancellation())
        here: set[str] = set()
        with contextlib.suppress(StoreUnavailable):
            here = {image.tag for image in self.local(ImageType.DOCKER) if image.name == reference.familiar_name}
        tags = sorted(set(here if is_own else found.tags), key=lambda tag: (tag != "latest", tag))
        return Tags(tuple(sorted(here)), tuple(tags), found.gap)

    def details(self, name: str, cancellation: Cancellation | None = None) -> CachedValue[RepositoryDetails]:
        """What Docker Hub publishes about a repository. Raises `InvalidInput`, and as `Upstreams.details`."""
        return self._upstreams.details(_on_hub(name), cancellation)

    def tag_page(self, name: str, page: int, cancellation: Cancellation | None = None) -> CachedValue[TagPage]:
        """What Docker Hub publishes about 100 tags of a repository. Raises as `details`."""
        return self._upstreams.tag_page(_on_hub(name), page, cancellation)

    def platforms(
        self, request: ImageRequest, cancellation: Cancellation | None = None
    ) -> tuple[Sequence[Platform], Platform, bool | None]:
        """The image's platforms, the host's, and whether one fits; None when they are not known.

        Raises as `Upstreams.platforms`, and `UpstreamNotFound` for an LXC name that no catalog has.
        """
        host = self._platform()
        if request.type is ImageType.DOCKER:
            from imagedepot.remote.http.backoff import backing_off  # late: a list of what is here needs no client

            reference, flag = Reference.for_tag(request.name, request.tag), cancellation or Cancellation()
            offered = backing_off(lambda: self._upstreams.platforms(reference, flag), flag)
        else:
            offered = self._upstreams.catalog_names.platforms(request.name)
        return offered, host, any(host.runs(each) for each in offered) if offered else None

    def found(self, type_: ImageType, name: str, tag: str) -> InstalledImage:
        """The image that local has under this name, in any spelling. Raises `ImageNotFound`."""
        name, tag = self._here(type_, name, tag)
        image = next((each for each in self.local(type_) if (each.name, each.tag) == (name, tag)), None)
        if image is None:
            raise ImageNotFound(titled(type_, name, tag))
        return image

    def layers(self, name: str, tag: str, store: str = "") -> LayersOf:
        """`store` as of `inspect`. Raises `ImageNotFound`, `NotFound`."""
        name, tag = self._here(ImageType.DOCKER, name, tag, store)
        has_it = self._oci_store_of(name, tag, store)
        layers = has_it.layers(name, tag)
        image = next((each for each in has_it.images() if (each.name, each.tag) == (name, tag)), None)
        if image is None:  # removed in between
            raise ImageNotFound(titled(ImageType.DOCKER, name, tag))
        users = self._references()
        shared = [
            (layer, [each for each in users.get(layer.digest, ()) if each != image.title] if layer.digest else [])
            for layer in layers
        ]
        return LayersOf(image, shared, has_it.history(name, tag))

    def lxc_files(self, name: str, cancellation: Cancellation | None = None) -> LxcFiles:
        """The files that `lxc-create -t local` takes; making them the first time takes a while.

        Raises `ImageNotFound`, `Conflict` when the images live in a daemon, `Unsuitable`, `InvalidAnswer`.
        """
        name, _ = self._here(ImageType.LXC, name, LXC_TAG)
        return self._lxc_store_of(name).lxc_files(name, cancellation)

    def _oci_store_of(self, name: str, tag: str | None, store: str = "") -> OciStore:
        found = self._store_of(ImageType.DOCKER, name, tag, store)
        return next(each for each in self._stores.every_oci if each is found)

    def _lxc_store_of(self, name: str) -> LxcStore:
        found = self._store_of(ImageType.LXC, name, LXC_TAG)
        return next(each for each in self._stores.every_lxc if each is found)

    def _store_of(self, type_: ImageType, name: str, tag: str | None, store: str = "") -> Store:
        """The store that has this image, the chosen one where none has it. One that is away has none meanwhile."""
        if store:
            return self._stores.named(type_, store)
        for each in self._stores.of(type_):
            with contextlib.suppress(StoreUnavailable):
                if any(row.name == name and tag in (None, row.tag) for row in self._stores.images_of(each)):
                    return each
        return self._stores.chosen(type_)

    def _of_store(self, type_: ImageType, store: str) -> Sequence[InstalledImage]:
        return self._stores.images_of(self._stores.named(type_, store)) if store else self.local(type_)

    def _here(self, type_: ImageType, name: str, tag: str, store: str = "") -> tuple[str, str]:
        """The name and tag under which local has it. Raises `InvalidReference`, `ImageNotFound`."""
        if type_ is ImageType.DOCKER:
            reference = Reference.for_tag(as_reference(name), tag)
            if reference.digest is not None:
                for image in named_so(self._of_store(type_, store), reference.familiar_name, reference.label):
                    return image.name, image.tag
            return reference.familiar_name, reference.label
        named = self._upstreams.catalog_names.listed_name(name)
        for wanted in dict.fromkeys((name, named)):
            for image in self._of_store(type_, store):
                if image.name == wanted:
                    return image.name, image.tag
        raise ImageNotFound(titled(type_, name, tag))


def _on_hub(name: str) -> Reference:
    """A repository on Docker Hub. Raises `InvalidInput` for one that is elsewhere."""
    reference = Reference.parse(as_reference(name))
    if reference.registry != DOCKER_HUB:
        raise InvalidInput(f"Only Docker Hub describes its repositories, and {name[:300]!r} is elsewhere")
    return Reference(reference.registry, reference.repository)
