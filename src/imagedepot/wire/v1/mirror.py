"""The mirror: its figures, and the images that it keeps."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from imagedepot.model.names.reference import Reference
from imagedepot.wire.v1.base import Answer, Bytes, Count, about, moment
from imagedepot.wire.v1.images.downloads import DownloadLayer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imagedepot.service.distribution.mirror.fetches import MirrorFetch as Fetch
    from imagedepot.service.distribution.mirror.images import CachedImage
    from imagedepot.service.distribution.mirror.mirror import MirrorState


class MirrorUpstream(Answer):
    """A registry that is mirrored."""

    host: str
    alias: Annotated[str, about("What stands in paths below `/v2/`.")]
    last_error: Annotated[str, about("Why the last question to it failed; empty if it did not.")]


class Mirror(Answer):
    """The state of the mirror. The figures count from its first day."""

    limit: Annotated[Bytes, about("Bytes that may be kept (`IMAGEDEPOT_MIRROR_SPACE`); 0 for no mirror.")]
    used: Annotated[Bytes, about("Bytes that are kept for the mirror alone.")]
    hits: Annotated[Count, about("Requests that were answered with what was here.")]
    misses: Annotated[Count, about("Requests that an upstream was needed for.")]
    from_upstream: Annotated[Bytes, about("Bytes that came from upstreams.")]
    from_peers: Annotated[Bytes, about("Bytes that came from other Image Depots (`IMAGEDEPOT_PEERS`).")]
    to_clients: Annotated[Bytes, about("Bytes that went to clients.")]
    upstreams: list[MirrorUpstream]

    @classmethod
    def of(cls, state: MirrorState) -> Mirror:
        return cls(
            limit=state.limit,
            used=state.used,
            hits=state.figures.hits,
            misses=state.figures.misses,
            from_upstream=state.figures.from_upstream,
            from_peers=state.figures.from_peers,
            to_clients=state.figures.to_clients,
            upstreams=[
                MirrorUpstream(host=each.host, alias=each.alias, last_error=state.errors.get(each.host, ""))
                for each in state.upstreams
            ],
        )


class MirrorArtifact(Answer):
    """What is attached to an image, such as a signature."""

    digest: str
    type: str
    size: Bytes


class MirrorImage(Answer):
    """An image that came through the mirror."""

    name: str
    tag: Annotated[str, about("A tag, or the digest where no tag names it.")]
    digest: str
    size: Annotated[Bytes, about("Bytes of it that are here.")]
    platforms: Annotated[list[str], about("Those that are here whole.")]
    last_used: datetime
    artifacts: list[MirrorArtifact]

    @classmethod
    def of(cls, image: CachedImage, tag: str) -> MirrorImage:
        return cls(
            name=Reference.parse(image.name).familiar_name,
            tag=tag,
            digest=str(image.root),
            size=image.size,
            platforms=[str(platform) for _, platform in image.whole if platform is not None],
            last_used=moment(image.used),
            artifacts=[
                MirrorArtifact(digest=str(each.digest), type=each.type, size=each.size) for each in image.artifacts
            ],
        )


class MirrorImages(Answer):
    """A page of them, the one that was used last first."""

    results: list[MirrorImage]
    total_count: Annotated[Count, about("Of all pages.")]

    @classmethod
    def of(cls, images: Sequence[CachedImage], rows: slice) -> MirrorImages:
        """One for each tag of an image."""
        named = [(image, tag) for image in images for tag in image.tags or (str(image.root),)]
        return cls(results=[MirrorImage.of(image, tag) for image, tag in named[rows]], total_count=len(named))


class MirrorFetch(Answer):
    """What is on its way from an upstream for clients of the mirror."""

    name: Annotated[str, about("Name of the repository.")]
    began: datetime
    bytes: Annotated[Bytes, about("Bytes that are here.")]
    total: Annotated[Bytes | None, about("Null until it is known.")]
    waiting: Annotated[Count, about("Answers that wait for it; 0 when every client has left.")]
    clients: Annotated[list[str], about("The addresses of those clients; only administrators see them.")]
    layers: Annotated[list[DownloadLayer], about("Each blob.")]

    @classmethod
    def of(cls, fetch: Fetch, shows_clients: bool) -> MirrorFetch:
        sizes = [part.size for part in fetch.parts]
        known = [size for size in sizes if size is not None]
        return cls(
            name=Reference.parse(fetch.name).familiar_name,
            began=moment(fetch.began),
            bytes=sum(part.bytes for part in fetch.parts),
            total=sum(known) if len(known) == len(sizes) else None,
            waiting=sum(fetch.clients.values()),
            clients=sorted(client for client, count in fetch.clients.items() if count) if shows_clients else [],
            layers=[DownloadLayer.of(part) for part in fetch.parts],
        )


class KeptImage(Answer):
    """An image that is installed now."""

    name: str
    tag: str
    size: Bytes
