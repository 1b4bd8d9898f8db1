"""Our own store of docker images: the OCI image layout in the data folder. No daemon, no root.

Installing is naming: when a download ends, its blobs are here already, and one line of `index.json` makes it an image.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from imagedepot.content.blobs import BlobStore
from imagedepot.content.gc import GarbageCollector
from imagedepot.content.layout import Entry, Layout
from imagedepot.content.twin import oci_twin
from imagedepot.errors import DepotError, ImageNotFound, InvalidAnswer
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ImageType, InstalledImage, Layer, Resolved, ResolvedOci
from imagedepot.model.manifest import OCI_MANIFEST, Descriptor, Manifest, parse_manifest
from imagedepot.protocols import Content
from imagedepot.stores.docker_inspect import filled_in
from imagedepot.stores.embedded_rows import entry_facts, installed_image

_BROKEN = "broken"


class EmbeddedOciStore:
    """The store over `blobs` and `layout`. `collect`, once set, frees what a removal leaves behind."""

    type = ImageType.DOCKER
    kind = "embedded"

    def __init__(self, blobs: BlobStore, layout: Layout) -> None:
        self._blobs = blobs
        self._layout = layout
        self._manifests: dict[Digest, Manifest] = {}
        self._watchers: list[Callable[[], None]] = []
        self._changing = threading.Lock()
        self.collect: GarbageCollector | None = None
        self._listed: dict[tuple[str, str], tuple[InstalledImage, Entry]] = {}
        self._snapshot: tuple[InstalledImage, ...] = ()
        self._publish()

    def images(self) -> Sequence[InstalledImage]:
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
        steps = self._config(self._manifest(entry.digest)).get("history")
        return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []

    def lacking(self, resolved: ResolvedOci, config: bytes) -> Sequence[Descriptor]:
        return resolved.layers

    def install(
        self,
        request: ImageRequest,
        resolved: Resolved,
        content: Content,
        files: Sequence[Digest],
        progress: Callable[[int, int], None],
    ) -> InstalledImage:
        if not isinstance(resolved, ResolvedOci):
            raise TypeError("the OCI store takes docker images")
        if resolved.manifest.media_type == OCI_MANIFEST:
            raw = content.upstream(resolved.manifest.digest)
        else:
            raw = oci_twin(resolved.config, resolved.layers)
        config = json.loads(content.path(resolved.config.digest).read_bytes())
        facts = entry_facts(request, resolved, config, datetime.now(UTC))
        entry = Entry(str(resolved.reference), content.put(raw), len(raw), resolved.platform, facts)
        with self._changing:
            self._layout.put(entry)
            self._publish()
        return self._find(resolved.reference.familiar_name, resolved.reference.label)[0]

    def remove(self, name: str, tag: str | None) -> None:
        with self._changing:
            rows = self._listed.values()
            gone = [entry.name for image, entry in rows if image.name == name and tag in (None, image.tag)]
            if not gone:
                raise ImageNotFound(name if tag is None else f"{name}:{tag}")
            self._layout.remove(gone)
            self._publish()
        if self.collect is not None:
            self.collect.sweep()

    def roots(self) -> Iterable[Digest]:
        """Everything that the images here need, upstream manifests included."""
        for entry in self._layout.entries.values():
            yield from self._needs(entry)
            for key in ("upstream", "upstream.manifest"):
                if key in entry.facts:
                    yield Digest.parse(entry.facts[key])

    def references(self) -> Mapping[Digest, Sequence[str]]:
        """For each blob the familiar references of the images that need it."""
        needed: dict[Digest, list[str]] = {}
        for image, entry in self._listed.values():
            reference = f"{image.name}{'@' if ':' in image.tag else ':'}{image.tag}"
            for digest in self._needs(entry):
                needed.setdefault(digest, []).append(reference)
        return needed

    def set_aside(self, broken: Collection[Digest]) -> list[InstalledImage]:
        """Stop listing the images that need these blobs, until they are downloaded again; which they were.

        Their entries stay, marked, so that nothing is forgotten.
        """
        with self._changing:
            listed = self._listed.values()
            hurt = [(image, entry) for image, entry in listed if not self._needs(entry).isdisjoint(broken)]
            for _, entry in hurt:
                self._layout.put(replace(entry, facts={**entry.facts, _BROKEN: "true"}))
            self._publish()
        return [image for image, _ in hurt]

    @contextmanager
    def watch(self, changed: Callable[[], None]) -> Iterator[None]:
        self._watchers.append(changed)
        try:
            yield
        finally:
            self._watchers.remove(changed)

    def _publish(self) -> None:
        """A new snapshot: of an entry that stayed the same its row stays too."""
        before = {entry.name: (image, entry) for image, entry in self._listed.values()}
        listed: dict[tuple[str, str], tuple[InstalledImage, Entry]] = {}
        for entry in self._layout.entries.values():
            image = self._row(entry, before.get(entry.name))
            if image is not None:
                listed[image.name, image.tag] = (image, entry)
        self._listed = listed
        self._snapshot = tuple(listed[key][0] for key in sorted(listed))
        for changed in list(self._watchers):
            changed()

    def _row(self, entry: Entry, before: tuple[InstalledImage, Entry] | None) -> InstalledImage | None:
        """None for what is not whole, and so no image: `verify` names it."""
        if before is not None and before[1] is entry:
            return before[0]
        if _BROKEN in entry.facts or not self._blobs.has(entry.digest):
            return None
        try:
            return installed_image(entry, lambda: self._manifest(entry.digest), self._config)
        except (DepotError, ValueError):
            return None

    def _find(self, name: str, tag: str) -> tuple[InstalledImage, Entry]:
        """Raises `ImageNotFound`."""
        try:
            return self._listed[name, tag]
        except KeyError:
            raise ImageNotFound(f"{name}:{tag}") from None

    def _needs(self, entry: Entry) -> set[Digest]:
        """Every blob of an image; of one whose manifest is gone or broken nothing more can be known."""
        try:
            return {entry.digest, *(blob.digest for blob in self._manifest(entry.digest).blobs)}
        except DepotError:
            return {entry.digest}

    def _manifest(self, digest: Digest) -> Manifest:
        known = self._manifests.get(digest)
        if known is None:
            try:
                raw = self._blobs.path(digest).read_bytes()
            except OSError as error:
                raise ImageNotFound(str(digest)) from error
            parsed = parse_manifest(raw, OCI_MANIFEST, str(digest))
            if not isinstance(parsed, Manifest):
                raise InvalidAnswer(f"{digest}: not the manifest of one image")
            known = self._manifests[digest] = parsed
        return known

    def _config(self, manifest: Manifest) -> dict[str, Any]:
        try:
            config = json.loads(self._blobs.path(manifest.config.digest).read_bytes())
        except (OSError, ValueError) as error:
            raise ImageNotFound(str(manifest.config.digest)) from error
        if not isinstance(config, dict):
            raise InvalidAnswer(f"{manifest.config.digest}: not a config")
        return config
