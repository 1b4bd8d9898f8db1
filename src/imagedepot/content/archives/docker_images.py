"""The images of a docker-archive: what `docker save` wrote before version 25, and what skopeo and Podman write as such.

It has no digests but those of the config: the diff ids of its layers. Each layer is read, unpacked where it is packed,
and held against its diff id; manifest and digests are made of what came.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from typing import IO, Any, cast

from imagedepot.cancellation import Cancellation
from imagedepot.content.archives.archive_file import ArchiveFile, Span, shown
from imagedepot.content.archives.pinned import PinnedImage
from imagedepot.content.archives.unpacked import Packing, Unpacked, decompressed, packing_by
from imagedepot.content.oci_conversion import converted_manifest
from imagedepot.errors import InvalidAnswer, InvalidArchive
from imagedepot.model.content.config import LARGEST_CONFIG, parse_config, platform_of
from imagedepot.model.content.manifest import OCI_CONFIG, OCI_MANIFEST, Descriptor
from imagedepot.model.digest import Digest
from imagedepot.model.platform import Platform

MANIFEST = "manifest.json"
_LARGEST = 4 << 20
_MOST_IMAGES = 1000
_MOST_LAYERS = 1000
_MOST_UNPACKED = 1 << 40  # bytes of one layer; they are counted and hashed, and kept nowhere
_CHUNK = 1 << 20
_SUFFIXES = {Packing.PLAIN: "", Packing.GZIP: "+gzip", Packing.ZSTD: "+zstd"}


class DockerImage:
    """One row of `manifest.json`."""

    def __init__(self, archive: ArchiveFile, config: str, layers: Sequence[str], names: Sequence[str]) -> None:
        self._archive = archive
        self._config_name = config
        self._layer_names = layers
        self.names = tuple(names)

    @property
    def title(self) -> str:
        return self.names[0][:150] if self.names else self._config_name[:19]

    def config(self) -> bytes:
        """The config, read each time: a thousand images may name one config of 8 MiB.

        Raises `InvalidArchive`: it is not in the archive, or not what its name says.
        """
        raw = self._archive.content(self._config_name, LARGEST_CONFIG)
        named = Digest.try_parse(f"sha256:{self._config_name.rpartition('/')[2].removesuffix('.json')}")
        if named is not None and Digest.of(raw) != named:
            raise InvalidArchive(f"{self.title}: its config in the archive is not what its digest says")
        return raw

    def pin(self, wanted: Platform, is_asked: bool, cancellation: Cancellation | None = None) -> PinnedImage:
        """Pin the image, which reads all layers. Raises `InvalidArchive`, `Cancelled`."""
        raw_config = self.config()
        diff_ids = self._diff_ids(raw_config)
        spans = self._spans(len(diff_ids))
        config = Descriptor(OCI_CONFIG, Digest.of(raw_config), len(raw_config))
        layers = [
            self._layer(span, diff_id, number, cancellation or Cancellation())
            for number, (span, diff_id) in enumerate(zip(spans, diff_ids, strict=True), 1)
        ]
        raw = converted_manifest(config, layers)
        root = Descriptor(OCI_MANIFEST, Digest.of(raw), len(raw))
        config_span = self._archive.find(self._config_name)
        assert config_span is not None  # it was read
        places = {layer.digest: span for layer, span in zip(layers, spans, strict=True)}
        places[config.digest] = config_span
        platform = platform_of(parse_config(raw_config, self.title))
        return PinnedImage(root, root, [raw], config, tuple(layers), places, platform)

    def check(self) -> None:
        """Check that all files are in the archive, without reading the layers. Raises `InvalidArchive`."""
        self._spans(len(self._diff_ids(self.config())))

    def _spans(self, count: int) -> list[Span]:
        """Where the layers lie; the config says how many they are. Raises `InvalidArchive`."""
        if count != len(self._layer_names):
            raise InvalidArchive(
                f"{self.title}: its config describes {count} layers, and the archive names {len(self._layer_names)}"
            )
        spans = []
        for name in self._layer_names:
            span = self._archive.find(name)
            if span is None:
                raise InvalidArchive(f"{self.title}: the archive is incomplete: layer {shown(name)} is not in it")
            spans.append(span)
        return spans

    def _diff_ids(self, raw: bytes) -> list[Digest]:
        try:
            config = parse_config(raw, self.title)
            return [Digest.parse(each) for each in (config.get("rootfs") or {}).get("diff_ids") or ()]
        except InvalidAnswer as error:
            raise InvalidArchive(str(error)) from error

    def _layer(self, span: Span, diff_id: Digest, number: int, cancellation: Cancellation) -> Descriptor:
        what = f"{self.title}: layer {number}"
        packing = packing_by(self._archive.read_at(span.offset, min(8, span.size)))
        if packing not in _SUFFIXES:
            raise InvalidArchive(f"{what} in the archive is packed with {packing}, which no engine reads")
        packed = _Hashed(self._archive, span)
        plain = diff_id.hasher()
        source: IO[bytes] = cast(IO[bytes], io.BufferedReader(packed, _CHUNK))
        unpacked = Unpacked(decompressed(source, packing, cancellation.check), what, _MOST_UNPACKED, cancellation.check)
        try:
            while chunk := unpacked.read(_CHUNK):
                plain.update(chunk)
            while source.read(_CHUNK):  # behind the end of what was packed
                cancellation.check()
        except InvalidAnswer as error:
            raise InvalidArchive(str(error)) from error
        if plain.hexdigest() != diff_id.hex:
            raise InvalidArchive(f"{what} in the archive is not what the image's config says: it is damaged")
        digest = Digest.parse(f"sha256:{packed.hash.hexdigest()}")
        return Descriptor(f"application/vnd.oci.image.layer.v1.tar{_SUFFIXES[packing]}", digest, span.size)


class _Hashed(io.RawIOBase):
    """The bytes of a member, hashed as they are read."""

    def __init__(self, archive: ArchiveFile, span: Span) -> None:
        self._archive = archive
        self._at, self._end = span.offset, span.offset + span.size
        self.hash = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._archive.read_at(self._at, min(len(buffer), self._end - self._at))
        self._at += len(content)
        self.hash.update(content)
        buffer[: len(content)] = content
        return len(content)


def docker_images(archive: ArchiveFile) -> list[DockerImage]:
    """The images of the archive, in order. Raises `InvalidArchive`."""
    try:
        rows = _list(json.loads(archive.content(MANIFEST, _LARGEST)))
        if len(rows) > _MOST_IMAGES:
            raise InvalidArchive(f"Refused: the archive has more than {_MOST_IMAGES:,} images")
        return [DockerImage(archive, *_row(row)) for row in rows]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InvalidArchive("The archive's manifest.json is damaged") from error


def tags_by_config(archive: ArchiveFile) -> dict[Digest, Sequence[str]]:
    """The names in the `manifest.json` that Docker writes beside an index; none where there is no such file."""
    if archive.find(MANIFEST) is None:
        return {}
    return {Digest.of(image.config()): image.names for image in docker_images(archive)}


def _row(row: Any) -> Iterator[Any]:
    config, layers, tags = row["Config"], _list(row.get("Layers") or []), _list(row.get("RepoTags") or [])
    if not all(isinstance(each, str) for each in (config, *layers, *tags)) or len(layers) > _MOST_LAYERS:
        raise ValueError
    yield from (config, layers, tags)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value
