"""Images at their three stages: asked for, resolved (pinned, ready to fetch), installed (in a store).

All are pure data, so that a download can be written down and picked up after a restart (`database/pinned.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.depot import APPCENTER, DOCKERHUB, DepotId
from imagedepot.model.digest import Digest
from imagedepot.model.names.reference import Reference
from imagedepot.model.names.upstreams import OWN_HOST
from imagedepot.model.platform import Platform


class ImageType(StrEnum):
    DOCKER = "docker"
    LXC = "lxc"


LXC_TAG = "latest"
"""The tag of every LXC image: whatever tag is asked for, a catalog has one version."""


def default_depot(type_: ImageType) -> DepotId:
    """Where an image is asked for that names no depot: docker images from their registry, LXC images from catalogs."""
    return DOCKERHUB if type_ is ImageType.DOCKER else APPCENTER


def titled(type_: ImageType, name: str, tag: str | None) -> str:
    """How sentences name an image: `redis:7`, `redis@sha256:…`, `redis` (every tag); an LXC image by its name alone."""
    if type_ is ImageType.LXC or tag is None:
        return name
    return f"{name}{'@' if ':' in tag else ':'}{tag}"


@dataclass(frozen=True, slots=True)
class Remark:
    """Words about an image, by a person or from a catalog; kept with it."""

    description: str = ""
    location: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """A request for one image of a depot.

    `name` is familiar (`lgsd/diamond`, `debian/bookworm`); `tag` a tag or a digest; `platform` is None for the host's.
    `moved_from`: the place of the store of this host that it is moved from, whatever depot it came from once.
    """

    depot: DepotId
    type: ImageType
    name: str
    tag: str
    platform: Platform | None = None
    remark: Remark = Remark()
    moved_from: str = ""

    @property
    def title(self) -> str:
        return titled(self.type, self.name, self.tag)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file at an address, whose digest and size may be unknown (LXC images).

    `sha256` is the file's own; `size` in bytes.
    """

    url: str
    size: int | None = None
    sha256: Digest | None = None


@dataclass(frozen=True, slots=True)
class ResolvedOci:
    """A pinned docker image: from here on its digests count, and the tag is not asked for again.

    `root` is what the tag names upstream (an index or a manifest), `manifest` the one chosen for `platform`. The raw
    bytes of both are kept in the content store (`content/backends/local.py`). `warning` is one sentence or empty.
    """

    reference: Reference
    root: Descriptor
    manifest: Descriptor
    config: Descriptor
    layers: tuple[Descriptor, ...]
    platform: Platform | None = None
    warning: str = ""

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """Config and layers, each digest once."""
        return tuple({blob.digest: blob for blob in (self.config, *self.layers)}.values())

    @property
    def parts(self) -> tuple[Descriptor, ...]:
        """What has to be fetched."""
        return self.blobs

    @property
    def digests(self) -> frozenset[Digest]:
        """Digests of everything that the image is made of, its upstream manifests included."""
        return frozenset(each.digest for each in (self.root, self.manifest, self.config, *self.layers))


@dataclass(frozen=True, slots=True)
class ResolvedLxc:
    """A pinned LXC image: one unified file, or metadata and rootfs.

    `fingerprint` is the sha256 over metadata and rootfs bytes, if the upstream names it; without it and without a
    checksum for each file the image is unverified. `properties`: os, release, variant, … `named_by`: the
    `AddressSource` of the files' addresses, written out. `unverified`: its digests were computed here, from files that
    had come without any.
    """

    name: str
    architecture: str
    files: tuple[RemoteFile, ...]
    fingerprint: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict, hash=False)
    created: datetime | None = None
    warning: str = ""
    named_by: str = ""
    unverified: bool = False

    @property
    def parts(self) -> tuple[RemoteFile, ...]:
        """What has to be fetched."""
        return self.files

    @property
    def digests(self) -> frozenset[Digest]:
        """The digests of its files, as far as they are known."""
        return frozenset(file.sha256 for file in self.files if file.sha256 is not None)

    @property
    def verifiable(self) -> bool:
        is_known = self.fingerprint is not None or all(file.sha256 is not None for file in self.files)
        return is_known and not self.unverified


Resolved = ResolvedOci | ResolvedLxc


@dataclass(frozen=True, slots=True)
class InstalledImage:
    """One image in a store: one row per tag of a docker repository, one per name of LXC.

    `name` is familiar. `digest`: docker, the upstream's own (what `RepoDigests` shows); lxc, the fingerprint as sha256.
    `id`: docker, the config's digest. `size` in bytes. `depot` is where it came from, None when it was put into the
    engine without us. `store`: the kind of the store that it lives in, or its address where two are of one kind.
    """

    type: ImageType
    name: str
    tag: str
    size: int
    digest: Digest | None = None
    id: str = ""
    platform: Platform | None = None
    created: datetime | None = None
    installed_at: datetime | None = None
    depot: DepotId | None = None
    remark: Remark = Remark()
    verified: bool = True
    store: str = ""

    @property
    def title(self) -> str:
        return titled(self.type, self.name, self.tag)

    @property
    def is_pushed(self) -> bool:
        """Whether a client pushed it here, so that no upstream has it."""
        return self.type is ImageType.DOCKER and self.name.startswith(f"{OWN_HOST}/")


def named_so(images: Iterable[InstalledImage], name: str, label: str) -> Sequence[InstalledImage]:
    """The images of repository `name` that a tag or digest means: the one with that tag or pulled by that digest,
    else those whose tags point to that digest now."""
    mine = [image for image in images if image.name == name]
    return [image for image in mine if image.tag == label] or [image for image in mine if str(image.digest) == label]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of an installed image; `size` in compressed bytes, 0 where an engine does not report it."""

    digest: Digest | None
    diff_id: str
    size: int
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One row of a remote depot: an image that could be downloaded.

    `name` as the row shows it (`repository[:version]` for docker). `tag` is the tag to ask for, "" where the row names
    none. `size`: bytes as a string or "" for lxc, None for docker. `architecture` in Debian's words, "" when unknown.
    `place`: where the catalogs have it, counted through all of them.
    """

    type: ImageType
    name: str
    tag: str = ""
    title: str = ""
    description: str = ""
    icon: str = ""
    location: str = ""
    architecture: str = ""
    size: str | None = None
    inspect: str = ""
    categories: tuple[str, ...] = ()
    is_official: bool = False
    is_trusted: bool = False
    star_count: int = 0
    pull_count: int | None = None
    place: int = 0
