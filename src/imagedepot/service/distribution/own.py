"""The repositories that were pushed here, and what each holds, in memory and in the database.

Manifests are blobs, so that clean-up and `verify` treat them as such; rows say which repository shows what, since a
blob that is on the disk is not for everybody.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from imagedepot.content.reachable import reachable
from imagedepot.errors import NotFound, StorageFailure
from imagedepot.files.limited_log import LimitedLog
from imagedepot.model.digest import Digest
from imagedepot.model.names.upstreams import OWN_HOST
from imagedepot.protocols import Blobs
from imagedepot.protocols.distribution import (
    PushedRow,
    PushedRows,
    StoredBlob,
    StoredManifest,
    StoredRepository,
    StoredTag,
)

KEPT_WITHOUT_MANIFEST = timedelta(days=1)
"""For how long a blob stays that no manifest needs: its client may be on the way to push one."""
_NOTED_EVERY = timedelta(hours=1)
"""How exactly it is known when a blob was asked for last."""


@dataclass(frozen=True, slots=True)
class PushedManifest:
    """`subject` is what it refers to, also where that is not here."""

    digest: Digest
    media_type: str
    subject: Digest | None = None


@dataclass(frozen=True, slots=True)
class PushedTag:
    """`is_listed`: it names an image, and not an artifact."""

    digest: Digest
    is_listed: bool


@dataclass(slots=True)
class _Repository:
    manifests: dict[Digest, PushedManifest] = field(default_factory=dict)
    tags: dict[str, PushedTag] = field(default_factory=dict)
    blobs: dict[Digest, datetime] = field(default_factory=dict)  # when each was pushed, or asked for last


class OwnRepositories:
    """Safe to call from many threads. `now` is for tests to inject."""

    def __init__(self, rows: PushedRows, blobs: Blobs, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._rows = rows
        self._blobs = blobs
        self._now = now
        self._lock = threading.Lock()
        self._log = LimitedLog(logging.getLogger(__name__))
        self._repositories = _read(rows, now())
        self._needs: dict[Digest, frozenset[Digest]] = {}

    def reload(self, names: Collection[str] | None) -> None:
        """Load again the repositories that another node has changed; None: all of them."""
        with self._lock:
            found = _read(self._rows, self._now(), names)
            kept = {} if names is None else {key: each for key, each in self._repositories.items() if key not in names}
            self._repositories = {**kept, **found}

    def owns(self, name: str) -> bool:
        """Whether a repository of our own has this name, without its host."""
        return name in self._repositories

    def names(self) -> Sequence[str]:
        return sorted(self._repositories)

    def create(self, name: str) -> None:
        """Make a repository, if it does not exist."""
        with self._lock:
            if name not in self._repositories:
                self._rows.put(StoredRepository(name, self._now()))
                self._repositories[name] = _Repository()

    def tags(self, name: str) -> Mapping[str, PushedTag]:
        """Raises `NotFound`."""
        with self._lock:
            return dict(self._get(name).tags)

    def manifests(self, name: str) -> Sequence[PushedManifest]:
        """Raises `NotFound`."""
        with self._lock:
            return list(self._get(name).manifests.values())

    def manifest(self, name: str, reference: str) -> PushedManifest | None:
        """A manifest by tag or digest; None if it is not there."""
        with self._lock:
            repository = self._repositories.get(name)
            if repository is None:
                return None
            tag = repository.tags.get(reference)
            digest = tag.digest if tag else Digest.try_parse(reference)
            return repository.manifests.get(digest) if digest else None

    def referrers(self, name: str, subject: Digest) -> Sequence[PushedManifest]:
        with self._lock:
            repository = self._repositories.get(name)
            found = repository.manifests.values() if repository else ()
            return sorted((each for each in found if each.subject == subject), key=lambda each: each.digest)

    def has_blob(self, name: str, digest: Digest) -> bool:
        """Whether the repository shows this blob. One that is asked for stays for a while: a manifest may follow."""
        with self._lock:
            repository = self._repositories.get(name)
            asked = repository.blobs.get(digest) if repository else None
        if asked is None:
            return False
        if self._now() - asked < _NOTED_EVERY:
            return self._blobs.has(digest)
        with self._blobs.lease() as lease:
            lease.pin([digest])  # first: another node may be about to delete it
            if not self._blobs.has(digest):
                return False
            try:
                self.add_blob(name, digest)
            except StorageFailure as error:  # a full disk is no reason to refuse a pull
                self._log.warning("asked", f"cannot note which blobs of {name} are asked for: {error}")
        return True

    def having_blob(self, digest: Digest) -> Sequence[str]:
        """The repositories that show this blob."""
        with self._lock:
            return [name for name, each in self._repositories.items() if digest in each.blobs]

    def add_blob(self, name: str, digest: Digest) -> None:
        """Add a blob to a repository, which is made if it does not exist."""
        now = self._now()
        with self._lock:
            rows: list[PushedRow] = [StoredBlob(name, digest, now)]
            if name not in self._repositories:
                rows.append(StoredRepository(name, now))
            self._rows.put(*rows)
            self._repositories.setdefault(name, _Repository()).blobs[digest] = now

    def add_manifest(self, name: str, manifest: PushedManifest, tags: Mapping[str, PushedTag]) -> None:
        """Add a manifest with tags that name it; the repository is made if it does not exist."""
        now = self._now()
        rows: list[PushedRow] = [StoredManifest(name, manifest.digest, manifest.media_type, manifest.subject, now)]
        rows += [StoredTag(name, tag, each.digest, each.is_listed, now) for tag, each in tags.items()]
        with self._lock:
            if name not in self._repositories:
                rows.append(StoredRepository(name, now))
            self._rows.put(*rows)
            repository = self._repositories.setdefault(name, _Repository())
            repository.manifests[manifest.digest] = manifest
            repository.tags.update(tags)

    def remove_tags(self, name: str, tags: Collection[str]) -> None:
        """Remove tags; their manifests stay. Raises `NotFound`."""
        with self._lock:
            repository = self._get(name)
            self._rows.remove_tags(name, tags)
            for tag in tags:
                repository.tags.pop(tag, None)

    def remove_manifest(self, name: str, digest: Digest) -> Collection[str]:
        """Remove a manifest with its tags, which are returned. Raises `NotFound`."""
        with self._lock:
            repository = self._get(name)
            if digest not in repository.manifests:
                raise NotFound(f"{name} has no manifest {digest}")
            self._rows.remove_manifest(name, digest)
            del repository.manifests[digest]
            gone = [tag for tag, each in repository.tags.items() if each.digest == digest]
            for tag in gone:
                del repository.tags[tag]
        return gone

    def remove_blob(self, name: str, digest: Digest) -> None:
        """Remove a blob; its bytes stay for as long as something needs them. Raises `NotFound`."""
        with self._lock:
            repository = self._get(name)
            if digest not in repository.blobs:
                raise NotFound(f"{name} has no blob {digest}")
            self._rows.remove_blobs(name, [digest])
            del repository.blobs[digest]

    def remove(self, name: str) -> Collection[str]:
        """Remove a repository with all that is in it; returns its tags. Raises `NotFound`."""
        with self._lock:
            tags = list(self._get(name).tags)
            self._rows.remove_repository(name)
            del self._repositories[name]
        return tags

    def roots(self) -> Iterator[Digest]:
        """What no clean-up may take: manifests, what they lead to, and blobs for which a manifest may follow."""
        fresh = self._now() - KEPT_WITHOUT_MANIFEST
        with self._lock:
            manifests = [digest for each in self._repositories.values() for digest in each.manifests]
            recent = [digest for each in self._repositories.values() for digest, at in each.blobs.items() if at > fresh]
        yield from recent
        for digest in manifests:
            yield from self.needs(digest)

    def references(self) -> Mapping[Digest, Sequence[str]]:
        """For each digest the images that need it: `depot.internal/team/app:1`, or by digest where no tag is."""
        with self._lock:
            everything = [
                (name, dict(each.tags), tuple(each.manifests), {*each.manifests, *each.blobs})
                for name, each in self._repositories.items()
            ]
        found: dict[Digest, dict[str, None]] = {}
        for name, tags, manifests, had in everything:
            tagged = {f"{OWN_HOST}/{name}:{tag}": each.digest for tag, each in tags.items()}
            reached = {digest for top in tagged.values() for digest in self.needs(top)}
            bare = {f"{OWN_HOST}/{name}@{digest}": digest for digest in manifests if digest not in reached}
            for title, top in {**tagged, **bare}.items():
                for digest in self.needs(top) & had:  # a subject and what may not be distributed need not be here
                    found.setdefault(digest, {})[title] = None
        return {digest: tuple(titles) for digest, titles in found.items()}

    def needs(self, digest: Digest) -> frozenset[Digest]:
        """A manifest, and what it leads to."""
        known = self._needs.get(digest)
        if known is None:
            known = reachable(self._blobs, digest)
            if self._blobs.has(digest):
                self._needs[digest] = known
        return known

    def drop_stale_blobs(self) -> None:
        """Forget the blobs that no manifest needed within a day."""
        fresh = self._now() - KEPT_WITHOUT_MANIFEST
        with self._lock:
            for name, repository in self._repositories.items():
                old = [digest for digest, at in repository.blobs.items() if at <= fresh]
                if old:
                    needed = {digest for manifest in repository.manifests for digest in self.needs(manifest)}
                    gone = [digest for digest in old if digest not in needed]
                    self._rows.remove_blobs(name, gone)
                    for digest in gone:
                        del repository.blobs[digest]

    def _get(self, name: str) -> _Repository:
        try:
            return self._repositories[name]
        except KeyError:
            raise NotFound(f"There is no repository {name}") from None


def _read(rows: PushedRows, now: datetime, of: Collection[str] | None = None) -> dict[str, _Repository]:
    stored = rows.all(of)
    found = {row.name: _Repository() for row in stored.repositories}
    for manifest in stored.manifests:
        kept = PushedManifest(manifest.digest, manifest.media_type, manifest.subject)
        found.setdefault(manifest.repository, _Repository()).manifests[manifest.digest] = kept
    for tag in stored.tags:
        repository = found.setdefault(tag.repository, _Repository())
        if tag.digest in repository.manifests:
            repository.tags[tag.tag] = PushedTag(tag.digest, tag.is_listed)
    for blob in stored.blobs:
        found.setdefault(blob.repository, _Repository()).blobs[blob.digest] = blob.pushed or now
    return found
