"""Installed images as `/v2/` serves them: under the upstream's own manifests and digests."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from imagedepot.errors import ImageNotFound, InvalidReference, StorageFailure
from imagedepot.model.digest import Digest
from imagedepot.model.names.reference import Reference
from imagedepot.model.names.upstreams import OWN_HOST
from imagedepot.model.text.moment import parse_moment
from imagedepot.protocols import Blobs, Entry
from imagedepot.service.distribution.served import Manifest, Tagged, media_type_of


class Installed(Protocol):
    """The embedded store."""

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The entries by name; another object after each change."""

    def blobs_of(self, entry: Entry) -> Collection[Digest]: ...


@dataclass(slots=True)
class _Repository:
    tags: dict[str, Tagged] = field(default_factory=dict)
    manifests: set[Digest] = field(default_factory=set)
    entries: list[Entry] = field(default_factory=list)


class InstalledImages:
    """`served.Holdings` over the images of the embedded store."""

    def __init__(self, store: Installed, blobs: Blobs) -> None:
        self._store = store
        self._blobs = blobs
        self._read: Mapping[str, Entry] | None = None
        self._by_name: Mapping[str, _Repository] = {}

    def tag(self, repository: str, tag: str) -> Tagged | None:
        found = self._repository(repository)
        return found.tags.get(tag) if found else None

    def manifest(self, repository: str, digest: Digest) -> Manifest | None:
        found = self._repository(repository)
        if found is None or digest not in found.manifests:
            return None
        raw = self._blobs.kept_upstream(digest)
        if raw is None:
            raw = self._blob(digest)
        return Manifest(raw, media_type_of(raw), digest) if raw is not None else None

    def has_blob(self, repository: str, digest: Digest) -> bool:
        found = self._repository(repository)
        return found is not None and any(digest in self._store.blobs_of(entry) for entry in found.entries)

    def tags(self, repository: str) -> Collection[str]:
        found = self._repository(repository)
        return found.tags if found else ()

    def repositories(self) -> Collection[str]:
        return list(self._all())

    def referrers(self, repository: str, digest: Digest) -> Sequence[dict[str, Any]]:
        return ()

    def _blob(self, digest: Digest) -> bytes | None:
        """The layout's own manifest, which is the upstream's where that was an OCI manifest."""
        try:
            raw = self._blobs.read(digest)
        except (ImageNotFound, StorageFailure):
            return None
        return raw if Digest.of(raw, digest.algorithm) == digest else None

    def _repository(self, name: str) -> _Repository | None:
        return self._all().get(name)

    def _all(self) -> Mapping[str, _Repository]:
        entries = self._store.entries
        if entries is not self._read:
            self._by_name, self._read = self._sorted(entries.values()), entries
        return self._by_name

    def _sorted(self, entries: Collection[Entry]) -> Mapping[str, _Repository]:
        found: dict[str, _Repository] = {}
        for entry in entries:
            try:
                reference = Reference.parse(entry.name)
            except InvalidReference:
                continue  # other hands gave it that name
            if reference.registry == OWN_HOST:
                continue  # the repositories of our own say what they have
            known = found.setdefault(reference.name, _Repository())
            root, child = (Digest.try_parse(entry.facts.get(key)) for key in ("upstream", "upstream.manifest"))
            digests = [digest for digest in (root, child, entry.digest) if digest is not None]
            known.manifests.update(digests)
            known.entries.append(entry)
            if reference.tag is not None:
                # The upstream's bytes may be lost: then the layout's manifest of the same image takes their place.
                named = next((each for each in digests if self._is_kept(each)), entry.digest)
                known.tags[reference.tag] = Tagged(named, parse_moment(entry.facts.get("installed")))
        return found

    def _is_kept(self, digest: Digest) -> bool:
        return self._blobs.upstream_size(digest) > 0 or self._blobs.has(digest)
