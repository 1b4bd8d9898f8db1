"""The cached images: the units that are listed, kept and dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from imagedepot.model.digest import Digest
from imagedepot.model.platform import Platform
from imagedepot.protocols import Blobs
from imagedepot.service.distribution.mirror.cache import MirrorCache, Repository


@dataclass(frozen=True, slots=True)
class CachedArtifact:
    """An artifact that refers to an image, such as a signature."""

    digest: Digest
    type: str
    size: int


@dataclass(frozen=True, slots=True)
class CachedImage:
    """A manifest or index that nothing else names, with all that belongs to it: `members` are manifests and blobs.

    `name` is the full name of the repository; without a tag it is known by `root` alone. `size`: bytes that are here.
    `platforms` are those that are here whole; `whole` has a manifest for each, None where no index names a platform.
    """

    name: str
    tags: tuple[str, ...]
    root: Digest
    members: frozenset[Digest]
    size: int
    used: datetime
    whole: tuple[tuple[Digest, Platform | None], ...]
    artifacts: tuple[CachedArtifact, ...]


class CachedImages:
    def __init__(self, cache: MirrorCache, blobs: Blobs) -> None:
        self._cache = cache
        self._blobs = blobs

    def all(self) -> Sequence[CachedImage]:
        """All cached images, the one that was used last first."""
        found = [
            image
            for name, repository in list(self._cache.repositories_by_name.items())
            for image in self._of(name, repository)
        ]
        return sorted(found, key=lambda image: (image.used, image.name, image.tags), reverse=True)

    def _of(self, name: str, repository: Repository) -> Iterator[CachedImage]:
        cache, manifests = self._cache, dict(repository.manifests)
        blobs, tags = dict(repository.blobs), dict(repository.tags)
        links = {digest: cache.links(digest) for digest in manifests}
        parents = {child for each in links.values() for child in each.children}
        attached: dict[Digest, list[Digest]] = {}
        for digest, each in links.items():
            if each.subject is not None and each.subject in manifests:
                attached.setdefault(each.subject, []).append(digest)
        beneath = {each for several in attached.values() for each in several} | parents
        roots = [digest for digest in manifests if digest not in beneath] or list(manifests)
        placed: set[Digest] = set()
        for root in roots:
            members: set[Digest] = set()
            waiting = [root]
            while waiting:
                digest = waiting.pop()
                if digest in members or digest not in manifests:
                    continue
                members.add(digest)
                waiting += [*links[digest].children, *attached.get(digest, ())]
                members.update(blob for blob in links[digest].blobs if blob in blobs)
            placed |= members
            items = [item for each in (manifests, blobs) for digest, item in each.items() if digest in members]
            yield CachedImage(
                name,
                tuple(sorted(tag for tag, tagged in tags.items() if tagged.digest == root)),
                root,
                frozenset(members),
                sum(item.size for item in items),
                max(item.used for item in items),
                tuple(self._whole(root)),
                tuple(
                    CachedArtifact(digest, str(links[digest].referrer.get("artifactType", "")), manifests[digest].size)
                    for digest in sorted(members & manifests.keys())
                    if links[digest].subject is not None
                ),
            )
        for digest in blobs.keys() - placed:  # a client asked for it by digest, and for no manifest
            item = blobs[digest]
            yield CachedImage(name, (), digest, frozenset([digest]), item.size, item.used, (), ())

    def _whole(self, root: Digest) -> Iterator[tuple[Digest, Platform | None]]:
        """The whole images at or below a root: those of which everything is here."""
        links = self._cache.links(root)
        for digest, platform in links.children.items() if links.is_index else [(root, None)]:
            mine = self._cache.links(digest)
            unknown = platform is not None and platform.os == "unknown"
            if mine.config is not None and not unknown and all(self._blobs.has(blob) for blob in mine.blobs):
                yield digest, platform
