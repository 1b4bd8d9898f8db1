"""The mirror's cache: rows in the database, manifests under `upstream/`, blobs among all the others.

The rows are the truth, and are all in memory as well: no request reads the database, and what is here is served also
while the database takes no changes.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from imagedepot.errors import StorageFailure
from imagedepot.files.limited_log import LimitedLog
from imagedepot.model.digest import Digest
from imagedepot.protocols import Blobs
from imagedepot.protocols.distribution import (
    MirroredBlob,
    MirroredList,
    MirroredManifest,
    MirroredRepository,
    MirroredTag,
    MirrorRows,
)
from imagedepot.service.distribution.mirror.figures import Counters
from imagedepot.service.distribution.mirror.links import Links, links_of
from imagedepot.service.distribution.served import CACHED, Manifest, Tagged, media_type_of

TAGS = ""
"""The subject of a repository's list of tags; other lists are of the referrers of a digest."""
_BETWEEN_NOTES = timedelta(minutes=1)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Item:
    """A manifest or a blob. `used` is when a client was last given it, or what belongs to it."""

    size: int
    used: datetime
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class KeptList:
    """What an upstream answered: tags, or descriptors of referrers."""

    rows: Sequence[Any]
    checked: datetime


@dataclass(slots=True)
class Repository:
    """What is cached of one. `linked`: every blob that its manifests name, with its size."""

    tags: dict[str, Tagged] = field(default_factory=dict)
    manifests: dict[Digest, Item] = field(default_factory=dict)
    blobs: dict[Digest, Item] = field(default_factory=dict)
    lists: dict[str, KeptList] = field(default_factory=dict)
    is_public: bool | None = None
    linked: dict[Digest, int | None] | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.tags or self.manifests or self.blobs or self.lists)


class MirrorCache:
    """`served.Holdings` over what came through the mirror."""

    def __init__(self, rows: MirrorRows, blobs: Blobs, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._rows = rows
        self._blobs = blobs
        self._now = now
        self._lock = threading.RLock()
        self._links: dict[Digest, Links] = {}
        self._uses: dict[tuple[str, Digest], datetime] = {}
        self._noted = now()
        self._log = LimitedLog(logging.getLogger(__name__))
        self.repositories_by_name: dict[str, Repository] = {}
        self.figures = Counters(self._load(self.repositories_by_name))

    # What `served.Holdings` promises

    def tag(self, repository: str, tag: str) -> Tagged | None:
        found = self._of(repository)
        return found.tags.get(tag) if found else None

    def manifest(self, repository: str, digest: Digest) -> Manifest | None:
        found = self._of(repository)
        item = found.manifests.get(digest) if found else None
        raw = self._blobs.kept_upstream(digest) if item is not None else None
        if item is None or raw is None:
            return None
        self.touch(repository, digest)
        return Manifest(raw, item.media_type, digest)

    def has_blob(self, repository: str, digest: Digest) -> bool:
        found = self._of(repository)
        return found is not None and (digest in found.blobs or digest in self._linked(found))

    def tags(self, repository: str) -> Collection[str]:
        with self._lock:
            found = self._of(repository)
            kept = found.lists.get(TAGS) if found else None
            return {*(found.tags if found else ()), *(kept.rows if kept else ())}

    def repositories(self) -> Collection[str]:
        with self._lock:
            return [name for name, each in self.repositories_by_name.items() if not each.is_empty]

    def referrers(self, repository: str, digest: Digest) -> Sequence[dict[str, Any]]:
        with self._lock:
            found = self._of(repository)
            if found is None:
                return ()
            kept = found.lists.get(str(digest))
            rows = {row["digest"]: row for row in kept.rows} if kept else {}
            for each, item in found.manifests.items():
                links = self.links(each)
                if links.subject == digest and str(each) not in rows:
                    rows[str(each)] = {**links.referrer, "digest": str(each), "size": item.size}
            return list(rows.values())

    # Writing

    def put_manifest(self, repository: str, digest: Digest, raw: bytes, media_type: str, tag: str | None) -> None:
        """Keep a manifest, and let `tag` name it from now on. Raises `DigestMismatch`, `StorageFailure`."""
        now, kind = self._now(), media_type_of(raw, media_type)
        with self._blobs.lease() as lease:
            lease.pin([digest])  # before the lock, which a clean-up that lets no lease begin waits for
            with self._lock:
                self._blobs.keep_upstream(digest, raw)
                row = MirroredManifest(repository, digest, kind, len(raw), now)
                tags = [MirroredTag(repository, tag, digest, now)] if tag is not None else []
                self._rows.put([row, *tags])
                found = self.repositories_by_name.setdefault(repository, Repository())
                found.manifests[digest] = Item(len(raw), now, kind)
                if found.linked is not None:
                    found.linked.update(self.links(digest).blobs)
                if tag is not None:
                    found.tags[tag] = Tagged(digest, now)

    def put_tag(self, repository: str, tag: str, digest: Digest, moment: datetime | None = None) -> None:
        """The upstream has said, just now or at `moment`, that `tag` names it."""
        now = moment or self._now()
        with self._lock:
            self._rows.put([MirroredTag(repository, tag, digest, now)])
            self.repositories_by_name.setdefault(repository, Repository()).tags[tag] = Tagged(digest, now)

    def put_blob(self, repository: str, digest: Digest, size: int) -> None:
        """Note that a blob that is here also belongs to the repository."""
        now = self._now()
        with self._lock:
            found = self.repositories_by_name.setdefault(repository, Repository())
            known = found.blobs.get(digest)
            if known is None or known.size != size:
                self._rows.put([MirroredBlob(repository, digest, size, now)])
            found.blobs[digest] = Item(size, now)

    def note_blob(self, repository: str, digest: Digest, size: int) -> None:
        """As `put_blob`, for a blob that a client waits for: a failure is only logged."""
        try:
            self.put_blob(repository, digest, size)
        except StorageFailure as error:
            self._log.warning("blob", f"the mirror cannot note a blob of {repository}: {error}")

    def put_list(self, repository: str, subject: str, rows: Sequence[Any]) -> None:
        now = self._now()
        with self._lock:
            self._rows.put([MirroredList(repository, subject, json.dumps(rows), now)])
            found = self.repositories_by_name.setdefault(repository, Repository())
            found.lists[subject] = KeptList(rows, now)

    def put_public(self, repository: str, is_public: bool) -> None:
        """Note whether the repository is public; if that cannot be saved, it is found out again after a restart."""
        with self._lock:
            found = self.repositories_by_name.setdefault(repository, Repository())
            if found.is_public is not is_public:
                found.is_public = is_public
                try:
                    self._rows.put([MirroredRepository(repository, is_public)])
                except StorageFailure as error:
                    self._log.warning("public", f"the mirror cannot note who may see {repository}: {error}")

    def forget_public(self, repository: str) -> None:
        """Forget that the repository is public, so that it is found out again before anonymous callers get it."""
        with self._lock:
            found = self._of(repository)
            if found is not None and found.is_public:
                self._rows.forget_public(repository)
                found.is_public = None

    def drop(self, repository: str, digests: Collection[Digest], tags: Collection[str]) -> None:
        """Forget these; their bytes go with the next clean-up."""
        with self._lock:
            self._rows.remove(repository, digests, tags)
            found = self.repositories_by_name[repository]
            found.linked = None
            for digest in digests:
                found.manifests.pop(digest, None)
                found.blobs.pop(digest, None)
                found.lists.pop(str(digest), None)
                self._links.pop(digest, None)
            for tag in tags:
                found.tags.pop(tag, None)

    # Reading

    def list_of(self, repository: str, subject: str) -> KeptList | None:
        found = self._of(repository)
        return found.lists.get(subject) if found else None

    def is_public(self, repository: str) -> bool | None:
        """Whether the repository is public; None where that has not been found out."""
        found = self._of(repository)
        return found.is_public if found else None

    def any_manifest(self, repository: str) -> Digest | None:
        with self._lock:
            found = self._of(repository)
            return next(iter(found.manifests), None) if found else None

    def size_of_blob(self, repository: str, digest: Digest) -> int | None:
        """The size of a blob as a manifest of the repository names it; None where none does."""
        found = self._of(repository)
        return self._linked(found).get(digest) if found else None

    def links(self, digest: Digest) -> Links:
        """What a manifest names; nothing where its bytes are lost."""
        known = self._links.get(digest)
        if known is None:
            raw = self._blobs.kept_upstream(digest)
            if raw is None:
                return Links()  # and not for ever: it may be fetched again
            known = self._links[digest] = links_of(raw)
        return known

    def digests(self) -> Iterable[Digest]:
        """Everything that must stay on the disk."""
        with self._lock:
            return [digest for each in self.repositories_by_name.values() for digest in (*each.manifests, *each.blobs)]

    def references(self) -> Mapping[Digest, Sequence[str]]:
        """For each blob that is here, the repositories that need it."""
        found: dict[Digest, list[str]] = {}
        with self._lock:
            for name, each in self.repositories_by_name.items():
                for digest in each.blobs:
                    if self._blobs.has(digest):
                        found.setdefault(digest, []).append(name + CACHED)
        return found

    def reload(self, names: Collection[str] | None) -> None:
        """Load again the repositories that another node has changed; None: all of them."""
        with self._lock:
            gone = list(self.repositories_by_name) if names is None else names
            fresh: dict[str, Repository] = {}
            self._load(fresh, names)
            for name in gone:
                self.repositories_by_name.pop(name, None)
            self.repositories_by_name.update(fresh)

    def touch(self, repository: str, digest: Digest) -> None:
        """Note that a client was given it just now; saved now and then."""
        now = self._now()
        with self._lock:
            found = self._of(repository)
            for items in (found.manifests, found.blobs) if found else ():
                if digest in items:
                    items[digest].used = now
                    self._uses[repository, digest] = now
            if now - self._noted > _BETWEEN_NOTES:
                self.note_uses()

    def note_uses(self) -> None:
        """Write down what was used when, and the figures; where that fails, the next call tries again."""
        with self._lock:
            self._noted = self._now()
            try:
                self._rows.note_uses(self._uses, asdict(self.figures.now))
            except StorageFailure as error:
                self._log.warning("uses", f"the mirror cannot note what was used: {error}")
            else:
                self._uses = {}

    def _of(self, repository: str) -> Repository | None:
        return self.repositories_by_name.get(repository)

    def _linked(self, found: Repository) -> Mapping[Digest, int | None]:
        linked = found.linked
        if linked is None:
            with self._lock:
                linked = found.linked = {
                    digest: size for each in found.manifests for digest, size in self.links(each).blobs.items()
                }
        return linked

    def _load(self, by_name: dict[str, Repository], names: Collection[str] | None = None) -> Mapping[str, int]:
        """Read the repositories `names`, or all; the figures. A list that cannot be read is left out."""
        stored = self._rows.all(names)
        for public in stored.repositories:
            by_name.setdefault(public.repository, Repository()).is_public = public.is_public
        for tag in stored.tags:
            by_name.setdefault(tag.repository, Repository()).tags[tag.tag] = Tagged(tag.digest, tag.checked)
        for manifest in stored.manifests:
            item = Item(manifest.size, manifest.used or _LONG_AGO, manifest.media_type)
            by_name.setdefault(manifest.repository, Repository()).manifests[manifest.digest] = item
        for blob in stored.blobs:
            item = Item(blob.size, blob.used or _LONG_AGO)
            by_name.setdefault(blob.repository, Repository()).blobs[blob.digest] = item
        for kept in stored.lists:
            try:
                rows = json.loads(kept.body)
            except (ValueError, RecursionError):
                continue
            if isinstance(rows, list):
                found = by_name.setdefault(kept.repository, Repository())
                found.lists[kept.subject] = KeptList(rows, kept.checked or _LONG_AGO)
        return stored.figures
