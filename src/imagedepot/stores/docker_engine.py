"""Docker Engine or Podman as the store of docker images (`spec/upstreams.md` 3, `spec/product.md` "Stores").

An engine's downloads are ours: the layers come into our own content store first, resumable and verified, and go from
there into the engine by `load`. Others change the engine too, so its events keep our snapshot fresh without polling.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imagedepot.errors import Conflict, ImageNotFound, UpstreamError
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ImageType, InstalledImage, Layer, Resolved, ResolvedOci
from imagedepot.model.manifest import Descriptor
from imagedepot.model.reference import Reference
from imagedepot.protocols import Content
from imagedepot.stores.engine_archive import archive_members, archive_stream
from imagedepot.stores.engine_client import EngineClient
from imagedepot.stores.engine_facts import EngineFacts
from imagedepot.stores.engine_records import EngineRecord, EngineRecords
from imagedepot.stores.engine_rows import engine_inspect, engine_rows, reference_of
from imagedepot.stores.followed import FollowedImages


class DockerEngineStore:
    """One engine; `records` is our own memory of what we gave it. Call `start` once, `close` at the end."""

    type = ImageType.DOCKER

    def __init__(self, client: EngineClient, records: Path) -> None:
        self.kind = "docker"
        self.version = ""
        self.address = client.address
        self._client = client
        self._records = EngineRecords(records)
        self._facts = EngineFacts(client)
        self._followed = FollowedImages(self._read, client.image_events, "engine-events")
        self.start = self._followed.start

    def close(self) -> None:
        self._followed.close()
        self._client.close()
        self._followed.join()

    def images(self) -> Sequence[InstalledImage]:
        return self._followed.current()

    def inspect(self, name: str, tag: str) -> Mapping[str, Any]:
        image = self._followed.find(name, tag)
        siblings = [each for each in self.images() if each.id == image.id]
        try:
            answer = self._client.inspect(image.id)
        except ImageNotFound as error:
            raise ImageNotFound(f"{name}:{tag}") from error
        return engine_inspect(answer, siblings)

    def layers(self, name: str, tag: str) -> Sequence[Layer]:
        image = self._followed.find(name, tag)
        return [Layer(None, diff_id, 0) for diff_id in self._facts.of(image.id).diff_ids]

    def lacking(self, resolved: ResolvedOci, config: bytes) -> Sequence[Descriptor]:
        """Docker looks layers up by their chain from the base; Podman wants every layer in the archive (tried: 4.3)."""
        if self.kind == "podman":
            return resolved.layers
        diff_ids = _diff_ids(config)
        if len(diff_ids) != len(resolved.layers):
            return resolved.layers
        return resolved.layers[self._facts.longest_chain(diff_ids, {each.id for each in self.images()}) :]

    def install(
        self,
        request: ImageRequest,
        resolved: Resolved,
        content: Content,
        files: Sequence[Digest],
        progress: Callable[[int, int], None],
    ) -> InstalledImage:
        if not isinstance(resolved, ResolvedOci):
            raise TypeError("a docker engine takes docker images")
        reference = resolved.reference
        config = content.path(resolved.config.digest)
        layers = [(layer.digest.hex, content.path(layer.digest)) for layer in resolved.layers]
        tags = [str(reference)] if reference.tag else []
        members = archive_members(config, tags, layers, frozenset(digest.hex for digest in files))
        self._client.load(archive_stream(members, progress), request.title)
        engine_id = self._loaded(reference, resolved, config.read_bytes())
        record = EngineRecord(
            str(reference), engine_id, resolved.root.digest, request.depot, request.remark, datetime.now(UTC)
        )
        self._records.put(record)
        self._followed.refresh()
        return self._followed.find(reference.familiar_name, reference.label)

    def remove(self, name: str, tag: str | None) -> None:
        """All or nothing: a container that uses one of the images keeps every tag (`spec/api.md`, section 6)."""
        rows = [each for each in self._followed.refresh() if each.name == name and tag in (None, each.tag)]
        if not rows:
            raise ImageNotFound(name if tag is None else f"{name}:{tag}")
        for row in rows:
            users = self._client.users(row.id)
            if users:
                raise Conflict(
                    f"conflict: unable to remove repository reference {str(reference_of(row).familiar)!r}: "
                    f"container {users[0]} is using its image {Digest.parse(row.id).short}"
                )
        try:
            for row in rows:
                self._untag(row)
            self._records.forget({str(reference_of(row)) for row in rows})
        finally:
            self._followed.refresh()

    def watch(self, changed: Callable[[], None]) -> AbstractContextManager[None]:
        return self._followed.watch(changed)

    def _untag(self, row: InstalledImage) -> None:
        reference = reference_of(row)
        if reference.tag:
            self._client.remove(str(reference))
        elif not [each for each in self.images() if each.id == row.id and each is not row]:
            self._client.remove(row.id)

    def _loaded(self, reference: Reference, resolved: ResolvedOci, config: bytes) -> str:
        """The engine's id of what it has loaded, after a look whether that is what we sent."""
        found = self._client.inspect(str(reference) if reference.tag else str(resolved.config.digest))
        if list(found.get("RootFS", {}).get("Layers") or []) != _diff_ids(config):
            raise UpstreamError(f"{reference.familiar}: the engine holds other layers than those it was given")
        return str(found["Id"])

    def _read(self) -> tuple[InstalledImage, ...]:
        """The engine may be another one each time it comes back."""
        self.kind, self.version = self._client.about()
        answer = self._client.images()
        self._facts.learn({str(each["Id"]) for each in answer})
        return engine_rows(answer, self._records.all(), self._facts.platform)


def _diff_ids(config: bytes) -> list[str]:
    try:
        return [str(each) for each in json.loads(config)["rootfs"]["diff_ids"]]
    except (ValueError, KeyError, TypeError) as error:
        raise UpstreamError("The image's config has no list of layers") from error
