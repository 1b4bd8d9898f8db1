"""Archives as a depot: their images are downloads from files on this host, with all that downloads promise.

A blob comes in by the door that every blob takes (`content/transfer/ingest.py`): hashed while it is copied, durable,
then named by its digest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from imagedepot.cancellation import Cancellation
from imagedepot.content.archives.archive_file import ArchiveFile, Span
from imagedepot.content.archives.docker_images import DockerImage, docker_images, tags_by_config
from imagedepot.content.archives.incoming import Incoming
from imagedepot.content.archives.oci_images import INDEX, OciImage, oci_images
from imagedepot.content.archives.pinned import PinnedImage
from imagedepot.depots.listed import Listed, ListedPage
from imagedepot.errors import DepotError, InvalidArchive, InvalidReference, NotFound, UpstreamNotFound
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.depot import LOCAL, DepotKind
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ImageType, ResolvedOci
from imagedepot.model.names.reference import Reference
from imagedepot.model.names.upstreams import OWN_HOST
from imagedepot.model.platform import Platform
from imagedepot.protocols import ByteStream, Fetcher, LxcOrigin

_MOST_IMAGES = 1000


@dataclass(eq=False)
class _Archive:
    """`waiting`: the requests whose images have not been loaded yet."""

    path: Path
    file: ArchiveFile
    waiting: set[ImageRequest] = field(default_factory=set)


class ArchiveDepot:
    """`protocols.Depot` and its origin. `keep` keeps a manifest (`Blobs.keep_upstream`); `platform` returns the host's.

    Safe to call from many threads.
    """

    id = LOCAL
    kind = DepotKind.ARCHIVES
    keeps_digests = False
    lxc: LxcOrigin | None = None

    def __init__(
        self, incoming: Incoming, keep: Callable[[Digest, bytes], None], platform: Callable[[], Platform]
    ) -> None:
        self.oci = self
        self._incoming = incoming
        self._keep = keep
        self._platform = platform
        self._lock = threading.Lock()
        self._images: dict[ImageRequest, tuple[_Archive, OciImage | DockerImage]] = {}
        self._pinned: dict[ImageRequest, PinnedImage] = {}

    def list(self, query: str, cancellation: Cancellation | None = None) -> Listed:
        """No rows: the images of archives are downloads already."""
        return Listed(())

    def page(self, query: str, page: int, limit: int, cancellation: Cancellation | None = None) -> ListedPage | None:
        return None

    def accepted(self, request: ImageRequest) -> ImageRequest:
        return request

    def add(self, path: Path, name: str = "", platform: str = "") -> Sequence[ImageRequest]:
        """Take an archive, a plain tar file, whose images can be downloaded from now on, until each is `released`.

        `name`: what its only image is to be called. Everything is looked at that can be without reading the layers.
        Raises `InvalidArchive`, `InvalidInput`, `NoSuchPlatform`, `NotAnImage`, `StorageFailure`; then nothing of it is
        taken.
        """
        asked = Platform.parse(platform) if platform else None
        archive = _Archive(path, ArchiveFile(path))
        images = images_of(archive.file)
        if name and len(images) > 1:
            raise InvalidArchive(f"The archive has {len(images)} images, and a name can only be given to one")
        found: dict[ImageRequest, OciImage | DockerImage] = {}
        for image in images:
            self._check(image, asked)
            for reference in _references([name] if name else image.names, image.title):
                request = ImageRequest(self.id, ImageType.DOCKER, reference.familiar_name, reference.label, asked)
                found.setdefault(request, image)
        if len(found) > _MOST_IMAGES:
            raise InvalidArchive(f"The archive has more than {_MOST_IMAGES:,} names of images")
        archive.waiting.update(found)
        with self._lock:
            replaced = [each for each in found if each in self._images]
        for request in replaced:
            self.released(request)
        with self._lock:
            self._images.update({request: (archive, image) for request, image in found.items()})
        return list(found)

    def released(self, request: ImageRequest) -> None:
        """To be called when an image is installed or no longer wanted: its archive is deleted with the last one."""
        with self._lock:
            archive, _ = self._images.pop(request, (None, None))
            self._pinned.pop(request, None)
            if archive is None:
                return
            archive.waiting.discard(request)
            is_last = not archive.waiting
        if is_last:
            self._incoming.remove(archive.path)

    def go_on(self, under_way: Iterable[ImageRequest]) -> None:
        """Take the archives of an earlier run that these still need, and remove the others."""
        needed = {request for request in under_way if request.depot == self.id}
        for path, name, platform in self._incoming.all():
            try:
                requests = self.add(path, name, platform)
            except DepotError:
                self._incoming.remove(path)
                continue
            for request in requests:
                if request not in needed:
                    self.released(request)

    def current(self, request: ImageRequest, cancellation: Cancellation, *, is_check: bool = False) -> Digest | None:
        return None

    def resolve(self, request: ImageRequest, known: Digest | None, cancellation: Cancellation) -> ResolvedOci:
        """Pin the image; reads its layers if it came without digests. Raises `UpstreamNotFound`, `InvalidArchive`."""
        pinned = self._pin(request, cancellation)
        for document in pinned.documents:
            self._keep(Digest.of(document), document)
        reference = Reference.for_tag(request.name, request.tag)
        return ResolvedOci(reference, pinned.root, pinned.manifest, pinned.config, pinned.layers, pinned.platform)

    def fetcher(self, resolved: ResolvedOci) -> Fetcher[Descriptor]:
        return _ArchiveFetcher(self, resolved.reference)

    def open(self, reference: Reference, digest: Digest, cancellation: Cancellation) -> tuple[ArchiveFile, Span]:
        """The archive that a blob is in, and where. Raises `UpstreamNotFound`."""
        with self._lock:
            named = (reference.familiar_name, reference.label)
            wanted = [each for each in self._images if (each.name, each.tag) == named]
        for request in wanted:
            span = self._pin(request, cancellation).spans.get(digest)
            with self._lock:
                archive, _ = self._images.get(request, (None, None))
            if span is not None and archive is not None:
                return archive.file, span
        raise _gone(reference.familiar)

    def _pin(self, request: ImageRequest, cancellation: Cancellation) -> PinnedImage:
        with self._lock:
            archive, image = self._images.get(request, (None, None))
            pinned = self._pinned.get(request)
        if archive is None or image is None:
            raise _gone(request.title)
        if pinned is None:
            pinned = image.pin(request.platform or self._platform(), request.platform is not None, cancellation)
            with self._lock:
                self._pinned[request] = pinned
        return pinned

    def _check(self, image: OciImage | DockerImage, asked: Platform | None) -> None:
        if isinstance(image, DockerImage):
            image.check()
        else:
            image.pin(asked or self._platform(), asked is not None)


class _ArchiveFetcher:
    def __init__(self, depot: ArchiveDepot, reference: Reference) -> None:
        self._depot = depot
        self._reference = reference

    def open(
        self, content: Descriptor, offset: int, validator: str | None = None, cancellation: Cancellation | None = None
    ) -> ByteStream:
        file, span = self._depot.open(self._reference, content.digest, cancellation or Cancellation())
        return MemberStream(file, span, offset)


class MemberStream:
    """A `ByteStream` of one member."""

    validator: str | None = None

    def __init__(self, file: ArchiveFile, span: Span, offset: int) -> None:
        self.start = offset
        self.total: int | None = span.size
        self._file = file
        self._at, self._end = span.offset + offset, span.offset + span.size

    def readinto(self, buffer: memoryview) -> int:
        content = self._file.read_at(self._at, max(0, min(len(buffer), self._end - self._at)))
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)

    def close(self) -> None:
        self._end = self._at


def images_of(file: ArchiveFile) -> Sequence[OciImage | DockerImage]:
    """In order; at least one. Raises `InvalidArchive`."""
    images: Sequence[OciImage | DockerImage]
    if file.find(INDEX) is not None:
        images = oci_images(file, tags_by_config(file))
    elif file.find("manifest.json") is not None:
        images = docker_images(file)
    else:
        raise InvalidArchive(
            "Not an archive of images: neither manifest.json (`docker save`) nor index.json (an OCI archive) is in it"
        )
    if not images:
        raise InvalidArchive("There is no image in the archive")
    return images


def _references(names: Sequence[str], title: str) -> list[Reference]:
    """Raises `InvalidArchive` for an image without a name, and for names that images cannot have here."""
    if not names:
        raise InvalidArchive(f"{title} has no name in the archive: say what it is to be called (--name, ?name=)")
    found = []
    for name in names:
        try:
            reference = Reference.parse(name)
        except InvalidReference as error:
            raise InvalidArchive(f"An image in the archive has a name that is not allowed: {error}") from error
        if reference.registry == OWN_HOST:
            raise InvalidArchive(
                f"{reference.familiar} is a name of images that are pushed here: push it, or give it another name"
            )
        found.append(reference)
    return found


def _gone(title: str) -> NotFound:
    return UpstreamNotFound(f"The archive that {title} was in is not here any more: load it again")
