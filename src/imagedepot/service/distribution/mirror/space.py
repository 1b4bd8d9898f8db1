"""The size limit of the mirror's cache: drops whole images, the least recently used first."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from imagedepot.content.gc import GarbageCollector
from imagedepot.errors import StorageFailure
from imagedepot.model.digest import Digest
from imagedepot.protocols import Blobs
from imagedepot.service.distribution.mirror.cache import MirrorCache
from imagedepot.service.distribution.mirror.images import CachedImage, CachedImages

_log = logging.getLogger(__name__)


class MirrorSpace:
    """`needed` tells what other parts of the service need, which counts nothing here; `limit` is in bytes."""

    def __init__(
        self,
        cache: MirrorCache,
        images: CachedImages,
        blobs: Blobs,
        collector: GarbageCollector,
        needed: Sequence[Callable[[], Iterable[Digest]]],
        limit: Callable[[], int],
    ) -> None:
        self._cache = cache
        self._images = images
        self._blobs = blobs
        self._collector = collector
        self._needed = needed
        self._limit = limit
        self._lock = threading.Lock()
        self._is_over = False

    def used(self) -> int:
        """Bytes that the cache alone needs."""
        return sum(self._sizes().values())

    def shrink(self) -> None:
        """Drop images until the limit holds, but none that is being read or fetched."""
        with self._lock:
            sizes, limit = self._sizes(), self._limit()
            used = sum(sizes.values())
            if used <= limit:
                self._is_over = False
                return
            images = self._images.all()
            left: dict[str, list[CachedImage]] = {}
            for image in images:
                left.setdefault(image.name, []).append(image)
            users = Counter(digest for image in images for digest in image.members)
            gone = False
            for image in reversed(images):
                if used <= limit:
                    break
                if self._blobs.leased().isdisjoint(image.members):
                    self._drop(image, left[image.name])
                    users.subtract(image.members)
                    used -= sum(sizes.get(digest, 0) for digest in image.members if not users[digest])
                    gone = True
            self._is_over = used > limit
        if gone:
            self._collector.sweep()

    def was_read(self) -> None:
        """A blob was read to its end: an image that is too large may be dropped now."""
        if self._is_over:
            self.shrink()

    def drop(self, image: CachedImage) -> None:
        """Drop one image at once."""
        with self._lock:
            self._drop(image, [each for each in self._images.all() if each.name == image.name])
        self._collector.sweep()

    def _drop(self, image: CachedImage, left: list[CachedImage]) -> None:
        """`left`: the images of its repository that are here, from which it is removed."""
        others = [each for each in left if each.root != image.root]
        needed = {digest for each in others for digest in each.members}
        try:
            self._cache.drop(image.name, image.members - needed, image.tags)
        except StorageFailure as error:
            _log.warning("the mirror cannot give up %s: %s", image.name, error)
        else:
            left[:] = others

    def _sizes(self) -> dict[Digest, int]:
        """The sizes of the manifests and blobs that only the cache needs."""
        needed = {digest for each in self._needed for digest in each()}
        return {
            digest: item.size
            for repository in list(self._cache.repositories_by_name.values())
            for items in (dict(repository.manifests), dict(repository.blobs))
            for digest, item in items.items()
            if digest not in needed
        }
