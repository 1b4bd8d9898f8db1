"""The disk: what is used, by which image, and what can be freed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from imagedepot.content.gc import Freed, GarbageCollector
from imagedepot.content.unfinished import Unfinished
from imagedepot.errors import StoreUnavailable
from imagedepot.files.free_space import DiskSpace, Space
from imagedepot.model.content.part import Part
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageType, InstalledImage
from imagedepot.model.stores import EMBEDDED
from imagedepot.protocols import Blobs
from imagedepot.service.stores.in_use import StoresInUse


@dataclass(frozen=True, slots=True)
class ImageUse:
    """`own` bytes go with the image, `shared` bytes stay because others need them too."""

    image: InstalledImage
    own: int
    shared: int


@dataclass(frozen=True, slots=True)
class BlobUse:
    digest: Digest
    size: int
    references: Sequence[str]


@dataclass(frozen=True, slots=True)
class PartUse:
    """Bytes of one part, and how many of them a clean-up frees; `files` where they are counted."""

    part: Part
    bytes: int
    reclaimable: int = 0
    files: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """`used` bytes of blobs, of what was made of them, of partial files and of upstreams' manifests.

    `parts` add up to it, and to what was set aside because it was broken.
    """

    space: Space
    used: int
    images: Sequence[ImageUse]
    blobs: Sequence[BlobUse]
    reclaimable: Freed
    parts: Sequence[PartUse]


@dataclass(frozen=True, slots=True)
class StoreUse:
    """How many images a store has, and their bytes; what images share counts with each. `kind` as of `Store`."""

    type: ImageType
    kind: str
    images: int
    size: int


class SpaceService:
    """`references`: for each blob of our own stores, the images that need it; `made`: bytes of what those stores made
    of blobs, with the images with which it goes; `upstream`: the manifests that upstreams sent, with their images;
    `resumable`: partial files that the service's downloads go on from; `mirror`: bytes that its cache alone needs."""

    def __init__(
        self,
        disk: DiskSpace,
        blobs: Blobs,
        stores: Callable[[], StoresInUse],
        collector: GarbageCollector,
        references: Callable[[], Mapping[Digest, Sequence[str]]],
        resumable: Callable[[], Collection[str]],
        unfinished: Unfinished,
        made: Callable[[], Sequence[tuple[int, Sequence[str]]]] = lambda: (),
        upstream: Callable[[], Mapping[Digest, Sequence[str]]] = dict,
        forget_unnamed: Callable[[], None] = lambda: None,
        mirror: Callable[[], int] = lambda: 0,
    ) -> None:
        self._disk = disk
        self._blobs = blobs
        self._stores = stores
        self._collector = collector
        self._references = references
        self._resumable = resumable
        self._unfinished = unfinished
        self._made = made
        self._upstream = upstream
        self._forget_unnamed = forget_unnamed
        self._mirror = mirror

    def now(self) -> Space:
        return self._disk.now()

    def by_store(self) -> Sequence[StoreUse]:
        """How many images each store has, for the stores that answer."""
        found = []
        stores = self._stores()
        for store in stores.all:
            try:
                images = stores.images_of(store)
            except StoreUnavailable:
                continue
            if images or store is stores.chosen(store.type):
                name = stores.name_of(store)
                found.append(StoreUse(store.type, name, len(images), sum(image.size for image in images)))
        return found

    def content_size(self) -> int:
        """Bytes of the blobs that are here, each looked at."""
        return sum(self._blobs.size(digest) for digest in self._blobs.all())

    def usage(self) -> Usage:
        mirror = self._mirror()  # first: without a service it is opened by this, and is a reference from then on
        blobs = [BlobUse(digest, self._blobs.size(digest), users) for digest, users in self._references().items()]
        own: dict[str, int] = defaultdict(int)
        shared: dict[str, int] = defaultdict(int)
        upstream = self._upstream()
        made = [*self._made(), *((self._blobs.upstream_size(digest), users) for digest, users in upstream.items())]
        for size, users in [*((blob.size, blob.references) for blob in blobs), *made]:
            for reference in users:
                (own if len(users) == 1 else shared)[reference] += size
        images, listed = [], self._images()
        ours = {image.title for image in listed if image.store == EMBEDDED}
        for image in listed:
            is_copied = image.store != EMBEDDED and image.title not in ours  # the bytes here are a copy of an engine's
            known = (image.store == EMBEDDED or is_copied) and (image.title in own or image.title in shared)
            images.append(
                ImageUse(image, own[image.title] if known else image.size, shared[image.title] if known else 0)
            )
        used = self.content_size() + sum(size for size, _ in made)
        partial = [each.size for each in self._blobs.leftovers() if each.key is not None]
        used += sum(partial)
        used += sum(
            self._blobs.upstream_size(digest) for digest in self._blobs.all_upstream() if digest not in upstream
        )
        unneeded, stale = self._collector.unneeded(), self._collector.stale(self._kept())
        reclaimable = Freed(unneeded.bytes + sum(each.size for each in stale), unneeded.files + len(stale))
        resumed_no_more = sum(each.size for each in stale if each.key is not None)
        aside = [each.size for each in stale if each.key is None]
        # What no other part counts is there for images: also what a download has fetched, and what lost its name.
        left = used - mirror - sum(partial) - unneeded.bytes
        parts = [
            PartUse(Part.IMAGES, max(0, left)),
            PartUse(Part.MIRROR, mirror),
            PartUse(Part.PARTIAL, sum(partial), resumed_no_more, len(partial)),
            PartUse(
                Part.UNNEEDED,
                unneeded.bytes + sum(aside),
                unneeded.bytes + sum(aside),
                unneeded.files + len(aside),
            ),
        ]
        return Usage(self.now(), used, images, blobs, reclaimable, parts)

    def clean_up(self, unfinished: bool = False, unnamed: bool = False) -> Freed:
        """`unfinished`: also delete partial files that an interrupted command could resume; `unnamed`: also delete
        files that lost their image with an index."""
        self._disk.make_room()
        if unfinished:
            self._unfinished.forget_all()
        if unnamed:
            self._forget_unnamed()
        return self._collector.sweep(self._kept())

    def _kept(self) -> Collection[str]:
        return {*self._resumable(), *self._unfinished.parts()}

    def _images(self) -> Sequence[InstalledImage]:
        """The images of the stores that answer."""
        found: list[InstalledImage] = []
        stores = self._stores()
        for store in stores.all:
            try:
                found += stores.images_of(store)
            except StoreUnavailable:
                continue
        return found
