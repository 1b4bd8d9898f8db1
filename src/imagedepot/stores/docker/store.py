"""Docker Engine or Podman as the store of docker images (`docs/decisions/0010-engines.md`).

An engine's downloads are ours: the layers come into our own content store first, resumable and verified, and go from
there into the engine by `load`. Others change the engine too, so its events keep our snapshot fresh without polling.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imagedepot.cancellation import Cancellation
from imagedepot.content.archives.tar_file import TarFile
from imagedepot.content.archives.writing import ArchivedImage, docker_archive, oci_archive
from imagedepot.content.oci_conversion import oci_manifest, packing_of
from imagedepot.errors import Conflict, ImageNotFound, InvalidAnswer, UpstreamError
from imagedepot.model.content.archives import ArchiveFormat
from imagedepot.model.content.config import parse_config
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ImageType, InstalledImage, Layer, ResolvedOci, titled
from imagedepot.model.names.reference import Reference
from imagedepot.protocols import Content, ImageArchive
from imagedepot.stores.docker.client import EngineClient
from imagedepot.stores.docker.facts import EngineFacts
from imagedepot.stores.docker.records import EngineRecord, EngineRecords
from imagedepot.stores.docker.rows import engine_history, engine_inspect, engine_rows, is_only_name, reference_of
from imagedepot.stores.shared.breaks import Breaks
from imagedepot.stores.shared.followed import FollowedImages
from imagedepot.stores.shared.mirrored import MirroredCopies

_ZSTD_SINCE = 23


class DockerEngineStore:
    """The store over one engine. `records`: our facts about its images; `kept`: our copies of them.

    Call `start` once, `close` at the end.
    """

    type = ImageType.DOCKER
    takes_layers_early = True
    copies_content = True

    def __init__(self, client: EngineClient, records: Path, kept: MirroredCopies[ResolvedOci] | None = None) -> None:
        self.kind = "docker"
        self.version = ""
        self.address = client.address
        self._client = client
        self._records = EngineRecords(records, client.address)
        self._kept = kept
        self._facts = EngineFacts(client)
        self._refused: set[Digest] = set()
        self._breaks = Breaks()
        self._followed = FollowedImages(
            self._read, client.image_events, f"The engine at {client.address}", self._forget
        )
        self.start = self._followed.start
        self.absence = self._followed.absence

    def ping(self) -> None:
        """Raises `StoreUnavailable` when the engine does not answer now."""
        self._client.ping()

    def keep_copies(self, kept: MirroredCopies[ResolvedOci] | None) -> None:
        """From now on, where it is the store that takes new images; None where another one is."""
        self._kept = kept

    def close(self) -> None:
        self._followed.close()
        self._client.close()
        self._followed.join()

    def images(self) -> Sequence[InstalledImage]:
        return self._followed.current()

    def at_hand(self) -> Sequence[InstalledImage] | None:
        return self._followed.snapshot

    def inspect(self, name: str, tag: str) -> Mapping[str, Any]:
        image = self._followed.find(name, tag)
        siblings = [each for each in self.images() if each.id == image.id]
        try:
            answer = self._client.inspect(image.id)
        except ImageNotFound as error:
            raise ImageNotFound(titled(ImageType.DOCKER, name, tag)) from error
        return engine_inspect(answer, siblings)

    def layers(self, name: str, tag: str) -> Sequence[Layer]:
        image = self._followed.find(name, tag)
        return [Layer(None, diff_id, 0) for diff_id in self._facts.of(image.id).diff_ids]

    def history(self, name: str, tag: str) -> Sequence[Mapping[str, Any]]:
        """The history, reversed: the engine lists the newest step first."""
        return engine_history(self._client.history(self._followed.find(name, tag).id))

    @contextmanager
    def archive(self, names: Sequence[tuple[str, str]], format_: ArchiveFormat) -> Iterator[ImageArchive]:
        """The archive that the engine's own `save` writes. Raises `Conflict` for an oci-archive."""
        found = [self._followed.find(*name) for name in names]
        if format_ is not ArchiveFormat.DOCKER:
            raise Conflict(f"{found[0].title} lives in {self.kind}, which gives a {ArchiveFormat.DOCKER} and no other")
        with closing(self._client.save([str(reference_of(each)) for each in found])) as saved:
            yield saved

    def pinned(self, name: str, tag: str) -> None:
        """The engine has the bytes."""

    def lacking(self, resolved: ResolvedOci, config: bytes) -> Sequence[Descriptor]:
        """The missing layers; all of them when copies are kept, since a copy has all layers."""
        return resolved.layers if self._kept and self._kept.wanted else self._to_send(resolved, config)

    def install(
        self,
        request: ImageRequest,
        resolved: ResolvedOci,
        content: Content,
        files: Sequence[Digest],
        progress: Callable[[int, int], None],
        cancellation: Cancellation | None = None,
    ) -> InstalledImage:
        reference = resolved.reference
        config = content.read(resolved.config.digest)
        sent = frozenset(layer.digest for layer in self._to_send(resolved, config)).intersection(files)
        with self._breaks.counted(str(resolved.config.digest), request.title, progress) as tell:
            archive = self._archive(resolved, sent, content, tell)
            engine_id = self._load(resolved, archive, request.title, sent, content, cancellation or Cancellation())
        engine_id = self._loaded(resolved, engine_id, config)
        record = EngineRecord(
            str(reference), engine_id, resolved.root.digest, request.depot, request.remark, datetime.now(UTC)
        )
        self._records.put(record)
        if self._kept and self._kept.wanted:
            self._kept.put(request, resolved, content, files)
        self._followed.refresh()
        return self._followed.find(reference.familiar_name, reference.label)

    def remove(self, name: str, tag: str | None) -> None:
        """Remove all or nothing: a container that uses one of the images keeps every tag."""
        rows = [each for each in self._followed.refresh() if each.name == name and tag in (None, each.tag)]
        if not rows:
            raise ImageNotFound(titled(ImageType.DOCKER, name, tag))
        for row in rows:
            self._check_unused(row)
        try:
            for row in rows:
                self._untag(row)
        finally:
            self._followed.refresh()

    def watch(self, changed: Callable[[], None]) -> AbstractContextManager[None]:
        return self._followed.watch(changed)

    def _to_send(self, resolved: ResolvedOci, config: bytes) -> Sequence[Descriptor]:
        """The layers that the engine has not: the base up to some layer for Docker, any for Podman."""
        image_ids = {each["Id"] for each in self._client.images()}
        about = self._client.about()
        diff_ids = _diff_ids(config)
        if len(diff_ids) != len(resolved.layers) and about.kind != "podman":
            raise InvalidAnswer(
                f"{resolved.reference.familiar}: its config describes {len(diff_ids)} layers and its manifest "
                f"{len(resolved.layers)}, and Docker loads no such image"
            )
        if resolved.config.digest in self._refused or len(diff_ids) != len(resolved.layers):
            return resolved.layers
        if about.by_chain:
            return resolved.layers[self._facts.longest_chain(diff_ids, image_ids) :]
        if about.kind == "podman":
            present = self._facts.present(image_ids)
            return [layer for layer, diff_id in zip(resolved.layers, diff_ids, strict=True) if diff_id not in present]
        return resolved.layers

    def _archive(
        self, resolved: ResolvedOci, sent: frozenset[Digest], content: Content, progress: Callable[[int, int], None]
    ) -> TarFile:
        tags = [str(resolved.reference)] if resolved.reference.tag else []
        if self._client.about().kind == "podman":
            manifest = oci_manifest(resolved, content, content.upstream)
            image = ArchivedImage(resolved.config, resolved.layers, tags, manifest)
            return TarFile(oci_archive([image], content.open, sent), progress)
        image = ArchivedImage(resolved.config, resolved.layers, tags)
        return TarFile(docker_archive([image], content.open, sent), progress)

    def _load(
        self,
        resolved: ResolvedOci,
        archive: TarFile,
        title: str,
        sent: frozenset[Digest],
        content: Content,
        cancellation: Cancellation,
    ) -> str:
        """The id that the engine reports, or "". If it refuses a partial archive, the next one is complete."""
        try:
            return self._client.load(archive, title, cancellation)
        except UpstreamError as error:
            self._refused.add(resolved.config.digest)
            if self._reads_no_zstd() and any(packing_of(layer, content) == "zstd" for layer in sent):
                raise UpstreamError(
                    f"{error}; some of its layers are packed with zstd, which Docker {self.version} does not read "
                    f"(version {_ZSTD_SINCE} does)"
                ) from error
            raise

    def _reads_no_zstd(self) -> bool:
        major = self._client.about().version.partition(".")[0]
        return self._client.about().kind == "docker" and major.isdigit() and int(major) < _ZSTD_SINCE

    def _check_unused(self, row: InstalledImage) -> None:
        """Raises `Conflict`: in the engine's own words where asking it cannot do harm, else in ours."""
        users = self._client.users(row.id)
        if not users:
            return
        if is_only_name(self._client.inspect(row.id), reference_of(row)):
            self._untag(row)  # it refuses; should the container have gone in this moment, then so may the tag
            return
        name = reference_of(row).familiar
        raise Conflict(
            f'conflict: unable to remove repository reference "{name}" (must force) - '
            f"container {users[0]} is using its referenced image {Digest.parse(row.id).short}"
        )

    def _untag(self, row: InstalledImage) -> None:
        reference = reference_of(row)
        try:
            if reference.tag:
                # Docker repeats the name as it was said; Podman takes a short one for what its list of registries says.
                self._client.remove(str(reference) if self.kind == "podman" else reference.familiar)
            elif not [each for each in self.images() if each.id == row.id and each is not row]:
                self._client.remove(row.id)
        except ImageNotFound:
            pass  # it was removed meanwhile
        self._records.forget({str(reference)})

    def _loaded(self, resolved: ResolvedOci, reported: str, config: bytes) -> str:
        """The engine's id of the loaded image, checked to be the one that we sent."""
        reference = resolved.reference
        found = self._client.inspect(str(reference) if reference.tag else reported or str(resolved.config.digest))
        given = _diff_ids(config)
        is_told = given or not resolved.layers
        if is_told and list((found.get("RootFS") or {}).get("Layers") or []) != given:
            raise UpstreamError(f"{reference.familiar}: the engine holds other layers than those it was given")
        return str(found["Id"])

    def _read(self) -> tuple[InstalledImage, ...]:
        """Read the list; after each return it may be another engine."""
        about = self._client.about()
        self.kind, self.version = about.kind, about.version
        answer = self._client.images()
        self._facts.learn({str(each["Id"]) for each in answer})
        return engine_rows(answer, self._records.all(), self._facts.platform, self.kind)

    def _forget(self, names: Collection[tuple[str, str]]) -> None:
        self._records.forget({str(Reference.for_tag(name, tag)) for name, tag in names})
        if self._kept:
            self._kept.drop(names)


def _diff_ids(config: bytes) -> list[str]:
    """The diff ids of the layers, from the base up; none when the config lacks them."""
    return [str(each) for each in (parse_config(config, "The image").get("rootfs") or {}).get("diff_ids") or ()]
