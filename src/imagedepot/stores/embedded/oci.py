"""Our own store of docker images: the OCI image layout in the data folder. No daemon, no root.

Installing is naming: when a download ends, its blobs are here already, and one line of `index.json` makes it an image.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from imagedepot.cancellation import Cancellation
from imagedepot.content.oci_conversion import oci_manifest
from imagedepot.content.reachable import LARGEST_MANIFEST, reachable
from imagedepot.content.watchers import Watchers
from imagedepot.errors import DepotError, ImageNotFound, InvalidAnswer, InvalidReference
from imagedepot.model.content.archives import ArchiveFormat
from imagedepot.model.content.config import parse_config
from imagedepot.model.content.manifest import OCI_MANIFEST, Descriptor, Manifest, parse_manifest
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ImageType, InstalledImage, Layer, ResolvedOci, titled
from imagedepot.model.names.reference import Reference
from imagedepot.model.stores import EMBEDDED
from imagedepot.protocols import Blobs, Content, Entry, ImageArchive, Index
from imagedepot.stores.docker.inspect import filled_in
from imagedepot.stores.embedded.pinned import pinned_oci
from imagedepot.stores.embedded.rows import entry_facts, installed_image

if TYPE_CHECKING:
    from imagedepot.stores.embedded.archives import Archives

_BROKEN = "broken"


class EmbeddedOciStore:
    """The store over `blobs` and `index`. `collect` frees what a removal leaves behind."""

    type = ImageType.DOCKER
    kind = EMBEDDED
    address = ""
    copies_content = False
    takes_layers_early = False

    def __init__(self, blobs: Blobs, index: Index, collect: Callable[[], object] = lambda: None) -> None:
        self._blobs = blobs
        self._index = index
        self._manifests: dict[Digest, Manifest] = {}
        self._watchers = Watchers()
        self.watch = self._watchers.watch
        self._changing = threading.RLock()
        self._collect = collect
        self._listed: dict[tuple[str, str], tuple[InstalledImage, Entry]] = {}
        self._snapshot: tuple[InstalledImage, ...] = ()
        self._publish()
        self._watching = ExitStack()
        self._watching.enter_context(index.watch(self._republish))

    def images(self) -> Sequence[InstalledImage]:
        return self._snapshot

    def at_hand(self) -> Sequence[InstalledImage]:
        return self._snapshot

    def inspect(self, name: str, tag: str) -> Mapping[str, Any]:
        image, entry = self._find(name, tag)
        manifest = self._manifest(entry.digest)
        config = self._config(manifest)
        siblings = [each for each in self._snapshot if each.id == image.id]
        answer = {
            "Id": image.id,
            "RepoTags": [f"{each.name}:{each.tag}" for each in siblings if ":" not in each.tag],
            "RepoDigests": list(dict.fromkeys(f"{each.name}@{each.digest}" for each in siblings if each.digest)),
            "Parent": "",
            "Comment": next((str(h["comment"]) for h in reversed(config.get("history") or []) if h.get("comment")), ""),
            "Created": config.get("created"),
            "Container": config.get("container"),
            "ContainerConfig": config.get("container_config"),
            "DockerVersion": config.get("docker_version"),
            "Author": config.get("author"),
            "Config": config.get("config"),
            "Architecture": config.get("architecture"),
            "Variant": config.get("variant"),
            "Os": config.get("os"),
            "RootFS": {"Type": "layers", "Layers": (config.get("rootfs") or {}).get("diff_ids") or []},
            "Metadata": {"LastTagTime": entry.facts.get("installed", "")},
        }
        return filled_in(answer, image.size)

    def layers(self, name: str, tag: str) -> Sequence[Layer]:
        _, entry = self._find(name, tag)
        manifest = self._manifest(entry.digest)
        diff_ids = (self._config(manifest).get("rootfs") or {}).get("diff_ids") or []
        return [
            Layer(layer.digest, str(diff_ids[at]) if at < len(diff_ids) else "", layer.size, layer.media_type)
            for at, layer in enumerate(manifest.layers)
        ]

    def history(self, name: str, tag: str) -> Sequence[Mapping[str, Any]]:
        """The config's own history, oldest step first."""
        _, entry = self._find(name, tag)
        return self._config(self._manifest(entry.digest)).get("history") or []

    def archive(self, names: Sequence[tuple[str, str]], format_: ArchiveFormat) -> AbstractContextManager[ImageArchive]:
        entries = [self._find(*name)[1] for name in names]
        return self._archives.opened([(each, self._manifest(each.digest)) for each in entries], format_)

    @cached_property
    def _archives(self) -> Archives:
        from imagedepot.stores.embedded.archives import Archives  # late: few commands write archives

        return Archives(self._blobs)

    def pinned(self, name: str, tag: str) -> ResolvedOci:
        return pinned_oci(self._find(name, tag)[1], self._blobs)

    def lacking(self, resolved: ResolvedOci, config: bytes) -> Sequence[Descriptor]:
        return resolved.layers

    def install(
        self,
        request: ImageRequest,
        resolved: ResolvedOci,
        content: Content,
        files: Sequence[Digest],
        progress: Callable[[int, int], None],
        cancellation: Cancellation | None = None,
    ) -> InstalledImage:
        raw = oci_manifest(resolved, content, lambda digest: self._upstream(digest, content))
        config = parse_config(content.read(resolved.config.digest), request.title)
        facts = entry_facts(request, resolved, config, datetime.now(UTC))
        entry = Entry(str(resolved.reference), Digest.of(raw), len(raw), resolved.platform, facts)
        with self._blobs.lease() as lease:  # no clean-up between the manifest and the line that names it
            lease.pin([entry.digest])
            content.put(raw)
            self._blobs.settle()
            with self._changing:  # with the answer: a removal may follow at once
                self._index.put(entry)
                return self._find(resolved.reference.familiar_name, resolved.reference.label)[0]

    def _upstream(self, digest: Digest, content: Content) -> bytes:
        """A manifest as the upstream sent it; an OCI manifest is also a blob, if `upstream/` was lost."""
        try:
            return content.upstream(digest)
        except ImageNotFound:
            raw = self._blobs.read(digest) if self._blobs.has(digest) else b""
            if Digest.of(raw, digest.algorithm) != digest:
                raise
            return raw

    def remove(self, name: str, tag: str | None) -> None:
        """Remove a tag or repository, also one that is set aside, in every spelling that other tools may have used."""
        with self._changing:
            gone = [full for full in self._index.entries if _is_named(full, name, tag)]
            if not gone:
                raise ImageNotFound(titled(ImageType.DOCKER, name, tag))
            self._index.remove(gone)
        self._collect()

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The entries by full reference; another object after each change."""
        return self._index.entries

    def blobs_of(self, entry: Entry) -> Collection[Digest]:
        """Config and layers, and the layout's manifest of the image; of those that are not whole too."""
        return self._needs(entry)

    def forget(self, full: str) -> None:
        """Take the image of this full reference off the list; a later clean-up frees what it leaves behind.

        Raises `ImageNotFound`.
        """
        with self._changing:
            if full not in self._index.entries:
                raise ImageNotFound(full)
            self._index.remove([full])

    def upstream_digest(self, full: str) -> Digest | None:
        """The digest that an image's full reference had upstream; None where there is no such image."""
        entry = self._index.entries.get(full)
        return None if entry is None else Digest.try_parse(entry.facts.get("upstream")) or entry.digest

    def roots(self) -> Iterable[Digest]:
        """Everything that the images here need, upstream manifests included."""
        for entry in self._index.entries.values():
            yield from self._needs(entry)
            yield from _upstream_digests(entry)
        for stranger in self._index.strangers:
            yield from reachable(self._blobs, stranger)

    @property
    def loss(self) -> str:
        """Why the index had to be replaced at this start ("is missing"); "" when it is what was written last."""
        return self._index.loss

    def begin_rebuild(self) -> None:
        """Write what is known of a lost index: the entries of its copy whose manifests are here."""
        with self._changing:
            here = [name for name, entry in self._index.entries.items() if self._blobs.has(entry.digest)]
            self._index.rebuilt(here, {})

    def is_whole(self, name: str) -> bool:
        """Whether the image of that full reference is here, with all of its blobs."""
        entry = self._index.entries.get(name)
        return entry is not None and self._is_whole(entry)

    def keep_unnamed(self, candidates: Iterable[Digest]) -> int:
        """Give rows without a name to those that are manifests of an image; how many they are."""
        found: dict[Digest, int] = {}
        for digest in candidates:
            size = self._blobs.size(digest)
            if 0 < size <= LARGEST_MANIFEST:
                with suppress(DepotError):
                    if self._blobs.has(self._manifest(digest).config.digest):
                        found[digest] = size
        with self._changing:
            self._index.rebuilt(list(self._index.entries), found)
        return len(found)

    def unnamed(self) -> Iterable[Digest]:
        """The digests that the manifests without a name need."""
        for digest in self._index.unnamed:
            yield from reachable(self._blobs, digest)

    def forget_unnamed(self) -> None:
        with self._changing:
            self._index.forget_unnamed()

    def references(self) -> Mapping[Digest, Sequence[str]]:
        """For each blob the familiar references of the images that need it, of those that are not whole too."""
        needed: dict[Digest, list[str]] = {}
        for entry in self._index.entries.values():
            for digest in self._needs(entry):
                needed.setdefault(digest, []).append(_shown(entry.name))
        return needed

    def upstream_references(self) -> Mapping[Digest, Sequence[str]]:
        """For each manifest or index that an upstream sent, the familiar references of its images."""
        needed: dict[Digest, list[str]] = {}
        for entry in self._index.entries.values():
            for digest in _upstream_digests(entry):
                needed.setdefault(digest, []).append(_shown(entry.name))
        return needed

    def set_aside(self, broken: Collection[Digest]) -> list[InstalledImage]:
        """Stop listing the images that need these blobs, until they are whole again.

        Their entries stay, marked, so that nothing is forgotten. All that are not whole, those of earlier times too.
        """
        with self._changing:
            entries = [(entry, self._needs(entry)) for entry in self._index.entries.values()]
            hurt = [entry for entry, needs in entries if not needs.isdisjoint(broken) or not self._is_whole(entry)]
            for entry in hurt:
                if _BROKEN not in entry.facts:
                    self._index.swap(entry, replace(entry, facts={**entry.facts, _BROKEN: "true"}))
            self._publish()  # also without a change of the index: what is whole has changed
        return [image for entry in hurt if (image := self._by_facts(entry)) is not None]

    def _republish(self) -> None:
        with self._changing:  # another thread may have changed the index
            self._publish()

    def _publish(self) -> None:
        """A new snapshot: of an entry that stayed the same its row stays too."""
        before = {entry.name: (image, entry) for image, entry in self._listed.values()}
        listed: dict[tuple[str, str], tuple[InstalledImage, Entry]] = {}
        for entry in self._index.entries.values():
            image = self._row(entry, before.get(entry.name))
            if image is not None:
                listed[image.name, image.tag] = (image, entry)
        self._listed = listed
        self._snapshot = tuple(listed[key][0] for key in sorted(listed))
        self._watchers.tell()

    def _row(self, entry: Entry, before: tuple[InstalledImage, Entry] | None) -> InstalledImage | None:
        """The row of an entry; None for an incomplete image, which `verify` reports."""
        if before is not None and before[1] is entry:
            return before[0]
        if not self._blobs.has(entry.digest) or (_BROKEN in entry.facts and not self._is_whole(entry)):
            return None
        return self._by_facts(entry)

    def _is_whole(self, entry: Entry) -> bool:
        return all(self._blobs.has(digest) for digest in self._needs(entry))

    def _by_facts(self, entry: Entry) -> InstalledImage | None:
        """The image according to the entry's facts; None when they are incomplete."""
        try:
            return installed_image(entry, lambda: self._manifest(entry.digest), self._config)
        except (DepotError, ValueError):
            return None

    def _find(self, name: str, tag: str) -> tuple[InstalledImage, Entry]:
        """Raises `ImageNotFound`."""
        try:
            return self._listed[name, tag]
        except KeyError:
            raise ImageNotFound(titled(ImageType.DOCKER, name, tag)) from None

    def _needs(self, entry: Entry) -> set[Digest]:
        """Every blob of an image; of one whose manifest is gone the upstream's own tells it."""
        try:
            return {entry.digest, *(blob.digest for blob in self._manifest(entry.digest).blobs)}
        except DepotError:
            return {entry.digest, *self._needs_by_upstream(entry)}

    def _needs_by_upstream(self, entry: Entry) -> set[Digest]:
        try:
            digest = Digest.parse(entry.facts.get("upstream.manifest", ""))
            parsed = parse_manifest(self._blobs.upstream(digest), "", entry.name)
        except DepotError:
            return set()
        return {blob.digest for blob in parsed.blobs} if isinstance(parsed, Manifest) else set()

    def _manifest(self, digest: Digest) -> Manifest:
        known = self._manifests.get(digest)
        if known is None:
            parsed = parse_manifest(self._blobs.read(digest), OCI_MANIFEST, str(digest))
            if not isinstance(parsed, Manifest):
                raise InvalidAnswer(f"{digest}: not the manifest of one image")
            known = self._manifests[digest] = parsed
        return known

    def _config(self, manifest: Manifest) -> Mapping[str, Any]:
        return parse_config(self._blobs.read(manifest.config.digest), str(manifest.config.digest))


def _upstream_digests(entry: Entry) -> set[Digest]:
    """The upstream's digests in an entry's facts; an invalid fact must not fail a clean-up."""
    found = set()
    for key in ("upstream", "upstream.manifest"):
        with suppress(InvalidReference):
            found.add(Digest.parse(entry.facts.get(key, "")))
    return found


def _is_named(full: str, name: str, tag: str | None) -> bool:
    try:
        reference = Reference.parse(full)
    except InvalidReference:
        return False
    return reference.familiar_name == name and tag in (None, reference.label)


def _shown(name: str) -> str:
    """The familiar form of an entry's name; the name itself when another tool wrote an invalid one."""
    try:
        reference = Reference.parse(name)
    except InvalidReference:
        return name
    return titled(ImageType.DOCKER, reference.familiar_name, reference.label)
