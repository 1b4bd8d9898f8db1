"""The images of an OCI image layout in a tar file: what skopeo, Podman, buildx and Docker since version 25 write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from imagedepot.cancellation import Cancellation
from imagedepot.content.archives.archive_file import ArchiveFile, Span
from imagedepot.content.archives.pinned import PinnedImage
from imagedepot.content.archives.writing import CONTAINERD_NAME, in_layout
from imagedepot.content.index.oci_layout import REF_NAME
from imagedepot.content.reachable import LARGEST_MANIFEST
from imagedepot.errors import InvalidAnswer, InvalidArchive, NoSuchPlatform, NotAnImage
from imagedepot.model.content.manifest import OCI_INDEX, Descriptor, Index, Manifest, parse_manifest
from imagedepot.model.digest import Digest
from imagedepot.model.platform import Platform

INDEX = "index.json"
_DEEPEST = 4


class OciImage:
    """One row of `index.json`, or several that name the same image. `names` are as they are written."""

    def __init__(self, archive: ArchiveFile, root: Descriptor, names: Sequence[str]) -> None:
        self._archive = archive
        self._root = root
        self.names = tuple(names)

    @property
    def title(self) -> str:
        return self.names[0][:150] if self.names else self._root.digest.short

    def pin(self, wanted: Platform, is_asked: bool, cancellation: Cancellation | None = None) -> PinnedImage:
        """The image for `wanted`, which is the host's platform unless it `is_asked` for.

        Raises `InvalidArchive` for a blob that is missing or of another size, `NoSuchPlatform`, `NotAnImage`.
        """
        root = self._document(self._root)
        found, raw, manifest = self._chosen(self._root, root, wanted, is_asked, 0)
        spans = {blob.digest: self._span(blob) for blob in manifest.blobs}
        documents = [root] if raw is root else [root, raw]
        return PinnedImage(self._root, found, documents, manifest.config, manifest.layers, spans, found.platform)

    def _chosen(
        self, descriptor: Descriptor, raw: bytes, wanted: Platform, is_asked: bool, depth: int
    ) -> tuple[Descriptor, bytes, Manifest]:
        parsed = _parsed(raw, descriptor.media_type, self.title)
        if isinstance(parsed, Manifest):
            return descriptor, raw, parsed
        if depth > _DEEPEST:
            raise InvalidArchive(f"{self.title}: its indexes are nested too deeply")
        chosen = self._entry(parsed, wanted, is_asked)
        return self._chosen(chosen, self._document(chosen), wanted, is_asked, depth + 1)

    def _entry(self, index: Index, wanted: Platform, is_asked: bool) -> Descriptor:
        """Of the entries that are in the archive: an engine saves an index with its own platform's image alone."""
        here = [entry for entry in index.images if self._archive.find(in_layout(entry.digest)) is not None]
        if not here:
            raise InvalidArchive(f"{self.title}: the archive is incomplete: none of the images of its index is in it")
        chosen = Index(index.media_type, tuple(here)).named(wanted)
        if chosen is None and len(here) == 1 and (not is_asked or here[0].platform is None):
            chosen = here[0]  # with a warning, as for an image that is made for one platform alone
        if chosen is None:
            raise NoSuchPlatform(self.title, str(wanted), tuple(str(each.platform) for each in here if each.platform))
        return chosen

    def _document(self, descriptor: Descriptor) -> bytes:
        raw = self._archive.content(in_layout(descriptor.digest), LARGEST_MANIFEST)
        if Digest.of(raw, descriptor.digest.algorithm) != descriptor.digest:
            raise InvalidArchive(f"{self.title}: its manifest in the archive is not what its digest says")
        return raw

    def _span(self, blob: Descriptor) -> Span:
        span = self._archive.find(in_layout(blob.digest))
        if span is None:
            raise InvalidArchive(f"{self.title}: the archive is incomplete: blob {blob.digest.short} is not in it")
        if span.size != blob.size:
            raise InvalidArchive(
                f"{self.title}: blob {blob.digest.short} has {span.size:,} bytes in the archive, and its manifest "
                f"promises {blob.size:,}"
            )
        return span


def oci_images(archive: ArchiveFile, tags: Mapping[Digest, Sequence[str]]) -> list[OciImage]:
    """The images of the layout, in order. `tags`: the names in a `manifest.json` beside the index, by config.

    Raises `InvalidArchive`, `NotAnImage`.
    """
    raw = archive.content(INDEX, LARGEST_MANIFEST)
    try:
        index = parse_manifest(raw, OCI_INDEX, INDEX)
    except (InvalidAnswer, NotAnImage) as error:
        raise InvalidArchive(f"The archive's index is damaged: {error}") from error
    if not isinstance(index, Index):
        raise InvalidArchive("The archive's index.json is not an index of images")
    names: dict[Digest, tuple[Descriptor, list[str]]] = {}
    for descriptor in index.images:
        known = names.setdefault(descriptor.digest, (descriptor, []))[1]
        known += [name for name in _names(descriptor.annotations) if name not in known]
    images = [OciImage(archive, root, named) for root, named in names.values()]
    return [OciImage(archive, each._root, each.names or _tagged(each, tags)) for each in images]


def _parsed(raw: bytes, media_type: str, title: str) -> Manifest | Index:
    """Raises `InvalidArchive`, `NotAnImage`."""
    try:
        return parse_manifest(raw, media_type, title)
    except InvalidAnswer as error:
        raise InvalidArchive(str(error)) from error


def _names(annotations: Mapping[str, str]) -> list[str]:
    """A full name: containerd's annotation, or the layout's own unless it is a tag alone, which names no repository."""
    full, ref = annotations.get(CONTAINERD_NAME), annotations.get(REF_NAME, "")
    if full:
        return [full]
    return [ref] if ":" in ref or "/" in ref else []


def _tagged(image: OciImage, tags: Mapping[Digest, Sequence[str]]) -> Sequence[str]:
    if not tags:
        return ()
    manifest = _parsed(image._document(image._root), image._root.media_type, image.title)
    return tags.get(manifest.config.digest, ()) if isinstance(manifest, Manifest) else ()
