"""Images of our own store as one archive, read from the blobs as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from imagedepot.content.archives.tar_file import TarFile, check_sizes
from imagedepot.content.archives.unpacked_layer import unpacked_size
from imagedepot.content.archives.writing import ArchivedImage, docker_archive, oci_archive
from imagedepot.content.oci_conversion import packing_of
from imagedepot.errors import InvalidReference
from imagedepot.model.content.archives import ArchiveFormat
from imagedepot.model.content.manifest import Descriptor, Manifest
from imagedepot.model.digest import Digest
from imagedepot.model.names.reference import Reference
from imagedepot.protocols import Blobs, Entry, ImageArchive


class Archives:
    """Remembers what layers unpack to, so that a client that goes on in the middle does not wait for that again."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._unpacked: dict[Digest, int] = {}

    @contextmanager
    def opened(self, images: Sequence[tuple[Entry, Manifest]], format_: ArchiveFormat) -> Iterator[ImageArchive]:
        """An archive that no clean-up damages before the block ends. Raises `StorageFailure`, `ImageNotFound`."""
        with self._blobs.lease() as lease:
            lease.pin(entry.digest for entry, _ in images)
            lease.pin(blob.digest for _, manifest in images for blob in manifest.blobs)
            blobs = {blob.digest: blob for _, manifest in images for blob in manifest.blobs}
            check_sizes([(each.digest.short, each.size, self._blobs.size(each.digest)) for each in blobs.values()])
            archived = [self._archived(*each) for each in images]
            if format_ is ArchiveFormat.OCI:
                members = oci_archive(archived, self._blobs.open)
            else:
                members = docker_archive(archived, self._blobs.open, unpacked=self._sizes(archived))
            yield TarFile(members)

    def _archived(self, entry: Entry, manifest: Manifest) -> ArchivedImage:
        names: list[str] = []
        with suppress(InvalidReference):  # the name is another program's
            reference = Reference.parse(entry.name)
            names = [str(reference)] if reference.tag and reference.digest is None else []
        return ArchivedImage(manifest.config, manifest.layers, names, self._blobs.read(entry.digest), entry.platform)

    def _sizes(self, images: Sequence[ArchivedImage]) -> Mapping[Digest, int]:
        """The unpacked sizes of layers packed with zstd, each of which is read once for it."""
        packed = [layer for image in images for layer in image.layers if self._is_zstd(layer)]
        for layer in packed:
            if layer.digest not in self._unpacked:
                self._unpacked[layer.digest] = unpacked_size(self._blobs.open(layer.digest), layer.size)
        return {layer.digest: self._unpacked[layer.digest] for layer in packed}

    def _is_zstd(self, layer: Descriptor) -> bool:
        return packing_of(layer.digest, self._blobs) == "zstd"
