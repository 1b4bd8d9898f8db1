"""The use cases of pulling manifests, blobs, tags and referrers: from here, else from upstream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from imagedepot.errors import DepotError, NotFound, UpstreamNotFound
from imagedepot.model.digest import Digest
from imagedepot.model.names.reference import is_tag
from imagedepot.model.names.registry_names import RepositoryName
from imagedepot.protocols import BlobBytes, Blobs
from imagedepot.service.distribution.mirror.growing import GrowingBlob
from imagedepot.service.distribution.mirror.mirror import Mirror
from imagedepot.service.distribution.served import Holdings, Manifest, ManifestHead, Tagged, WholeBlob

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows, and why some may be missing or old ("" if none are)."""

    rows: Sequence[Any]
    warning: str = ""


class Content:
    """`holdings` are asked in turn: what is installed and what was pushed; then the `mirror`."""

    def __init__(self, blobs: Blobs, holdings: Sequence[Holdings], mirror: Mirror) -> None:
        self._blobs = blobs
        self._holdings = (*holdings, mirror.cache)
        self._mirror = mirror

    def manifest_here(self, name: RepositoryName, label: str) -> Manifest | None:
        """By digest that is here; None for tags, and where an upstream has to be asked. Raises `InvalidReference`."""
        digest = name.reference(label).digest
        found = self._by_digest(name, digest) if digest is not None else None
        if found is not None:
            self._mirror.cache.figures.add(hits=1)
        return found

    def manifest(
        self, name: RepositoryName, label: str, is_probe: bool = False, only_here: bool = False
    ) -> Manifest | ManifestHead:
        """By tag or digest; waits for an upstream where nothing is here. `is_probe`: the client sent a HEAD, and only
        then the head alone may be the answer.
        `only_here`: neither an upstream nor a peer is asked.

        Raises `InvalidReference`, `NotFound`, or what the upstream gave.
        """
        digest = name.reference(label).digest
        through = None if only_here else self._mirror.for_(name)
        figures = self._mirror.cache.figures
        if digest is not None:
            found = self._by_digest(name, digest)
            if found is None and through is not None:
                found = through.by_digest(name, digest)
                figures.add(misses=1)
                return found
        else:
            since, found = self._tagged(name, label)
            if through is not None:
                is_here = found is not None
                told = through.by_tag(name, label, found, since, lambda each: self._by_digest(name, each), is_probe)
                figures.add(hits=int(is_here), misses=int(not is_here))
                return told
        if found is None:
            raise UpstreamNotFound(f"There is no manifest {label[:150]} of {name.path} here")
        figures.add(hits=1)
        return found

    def blob_here(self, name: RepositoryName, digest: Digest) -> WholeBlob | None:
        """A blob that is here and that the repository is known to have."""
        return self._whole(digest) if self._blobs.has(digest) and self._holds(name, digest) else None

    def blob(self, name: RepositoryName, digest: Digest, only_here: bool = False) -> WholeBlob | GrowingBlob:
        """A blob that is here, or on its way from the upstream; `only_here`: not that, since two that fetch the same of
        each other would wait for ever. Raises `NotFound`, or what the upstream gave."""
        is_held = self._holds(name, digest)
        cache = self._mirror.cache
        through = None if only_here else self._mirror.for_(name)
        if is_held and self._blobs.has(digest):
            if cache.size_of_blob(name.name, digest) is not None:
                cache.note_blob(name.name, digest, self._blobs.size(digest))
            cache.touch(name.name, digest)
            cache.figures.add(hits=1)
            return self._whole(digest)
        if through is None:
            raise UpstreamNotFound(f"There is no blob {digest} of {name.path} here")
        fetches = self._mirror.fetches
        if not is_held and (self._blobs.has(digest) or fetches.is_running(digest)):
            fetches.ask(name, digest)  # that it is here proves nothing about this repository
            if self._blobs.has(digest):
                cache.note_blob(name.name, digest, self._blobs.size(digest))
                cache.figures.add(hits=1)
                return self._whole(digest)
        cache.figures.add(misses=1)
        return fetches.follow(name, digest, cache.size_of_blob(name.name, digest))

    def blob_size(self, name: RepositoryName, digest: Digest, only_here: bool = False) -> int | None:
        """Bytes of a blob, wherever it is; none of it is fetched. None where the upstream does not say. As `blob`."""
        is_held = self._holds(name, digest)
        if is_held and self._blobs.has(digest):
            return self._blobs.size(digest)
        if only_here or self._mirror.for_(name) is None:
            raise UpstreamNotFound(f"There is no blob {digest} of {name.path} here")
        known = self._mirror.cache.size_of_blob(name.name, digest)
        return known if known is not None else self._mirror.fetches.ask(name, digest)

    def redirect(self, blob: WholeBlob) -> str | None:
        """Where a client may read the blob itself; None where we send it."""
        return self._blobs.redirect(blob.digest)

    def open(self, blob: WholeBlob, offset: int) -> BlobBytes:
        """The bytes of a blob from `offset` on. Raises `ImageNotFound` when it was deleted, `StorageFailure`."""
        return self._blobs.serve(blob.digest, offset)

    @contextmanager
    def reading(self, digest: Digest) -> Iterator[None]:
        """While inside, the blob is not deleted."""
        with self._blobs.lease(reading=True) as lease:
            lease.pin([digest])
            yield

    def was_sent(self, count: int) -> None:
        """Count bytes of a manifest or a blob that went to a client."""
        self._mirror.cache.figures.add(to_clients=count)

    def was_read(self) -> None:
        """Note that a client has read a blob to its end, or left."""
        self._mirror.space.was_read()

    def tags(self, name: RepositoryName) -> Listed:
        """The tags in lexical order. Raises `NotFound` for an unknown repository."""
        through = self._mirror.for_(name)
        warning = ""
        failure: DepotError | None = None
        if through is not None:
            try:
                warning = through.tags(name)
            except DepotError as error:
                warning, failure = str(error), error
        found = {tag for each in self._holdings for tag in each.tags(name.name) if is_tag(tag)}
        if not found and failure is not None:
            raise failure
        if not found and not self.has_repository(name.name):
            raise NotFound(f"Nothing is known of the repository {name.path}")
        return Listed(sorted(found), warning)

    def has_repository(self, name: str) -> bool:
        """Whether anything is here of the repository with this full name."""
        return any(name in each.repositories() for each in self._holdings)

    def repositories(self) -> Sequence[str]:
        """Full names of all repositories of which anything is here, ascending."""
        return sorted({name for each in self._holdings for name in each.repositories()})

    def referrers(self, name: RepositoryName, digest: Digest) -> Listed:
        """Descriptors of the manifests whose subject is `digest`, by their digests."""
        through = self._mirror.for_(name)
        warning = ""
        if through is not None:
            try:
                warning = through.referrers(name, digest)
            except DepotError as error:
                warning = str(error)
        found = {each["digest"]: each for held in self._holdings for each in held.referrers(name.name, digest)}
        return Listed([found[key] for key in sorted(found)], warning)

    def is_public(self, name: RepositoryName, only_here: bool = False) -> bool:
        """Whether strangers may be given it: an upstream's repository that needs no credentials there. `only_here`: no
        upstream is asked, and what is not known is not public."""
        if name.upstream is None:
            return True
        through = self._mirror.through
        if only_here or through.knows_public(name):
            return self._mirror.cache.is_public(name.name) is True
        return through.is_public(name, self._any_label(name))

    def _any_label(self, name: RepositoryName) -> str | None:
        """A digest or a tag that the repository has."""
        digest = self._mirror.cache.any_manifest(name.name)
        if digest is not None:
            return str(digest)
        return next((tag for each in self._holdings for tag in each.tags(name.name)), None)

    def _holds(self, name: RepositoryName, digest: Digest) -> bool:
        return any(each.has_blob(name.name, digest) for each in self._holdings)

    def _tagged(self, name: RepositoryName, tag: str) -> tuple[datetime | None, Manifest | None]:
        """What the tag last named, of what is here, and when that was known."""
        known = [tagged for each in self._holdings if (tagged := each.tag(name.name, tag)) is not None]
        for tagged in sorted(known, key=_moment, reverse=True):
            found = self._by_digest(name, tagged.digest)
            if found is not None:
                return tagged.moment, found
        return None, None

    def _by_digest(self, name: RepositoryName, digest: Digest) -> Manifest | None:
        return next((found for each in self._holdings if (found := each.manifest(name.name, digest))), None)

    def _whole(self, digest: Digest) -> WholeBlob:
        return WholeBlob(digest, self._blobs.size(digest))


def _moment(tagged: Tagged) -> datetime:
    return tagged.moment or _LONG_AGO
