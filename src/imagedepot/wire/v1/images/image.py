"""One image: details, layers, platforms, updates, files, and what a download is asked with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from imagedepot.model.image import ImageType
from imagedepot.wire.v1.base import Answer, Body, Bytes, about, moment

if TYPE_CHECKING:
    from imagedepot.model.content.lxc import LxcFiles as LxcPaths
    from imagedepot.model.hub import RepositoryDetails
    from imagedepot.model.platform import Platform
    from imagedepot.service.images import LayersOf
    from imagedepot.service.updates.plan import ImageUpdate


class Details(Answer):
    """What Docker Hub says of a repository."""

    name: str
    description: Annotated[str, about("One line.")]
    readme: Annotated[str, about("Markdown, as its owner wrote it: sanitise it before showing it.")]
    location: Annotated[str, about("Its page on Docker Hub.")]
    is_official: bool
    is_private: Annotated[bool, about("Visible with a Docker Hub login only.")]
    star_count: int
    pull_count: int | None
    updated: Annotated[str, about("As Docker Hub writes it, or empty.")]

    @classmethod
    def of(cls, details: RepositoryDetails) -> Details:
        return cls(
            name=details.name,
            description=details.description,
            readme=details.readme,
            location=details.location,
            is_official="/" not in details.name,
            is_private=details.is_private,
            star_count=details.stars,
            pull_count=details.pulls,
            updated=details.updated,
        )


class Removed(Answer, kw_only=True):
    """The image is removed."""

    action: Literal["delete"] = "delete"
    name: Annotated[str, about("As asked.")]
    state: Literal["success"] = "success"
    type: ImageType


class DownloadRequest(Body):
    """What to remember with the image, and the platform to download."""

    description: Annotated[str, about("Kept with the image.")] = ""
    location: Annotated[str, about("Kept with the image; never fetched.")] = ""
    icon: Annotated[str, about("Kept with the image.")] = ""
    platform: Annotated[str, about("`os/architecture[/variant]`; without it the host's.")] = ""


class Layer(Answer):
    """One layer of an image on this host."""

    digest: Annotated[str, about("Digest of the blob; empty where an engine does not report it.")]
    diff_id: Annotated[str, about("Digest of the unpacked layer.")]
    size: Annotated[Bytes, about("Compressed bytes; 0 where an engine does not report them.")]
    media_type: str
    created_by: Annotated[str, about("The build step that made it.")]
    shared_with: Annotated[list[str], about("References of the other images here that have it too.")]


class BuildStep(Answer):
    """One step of the build."""

    created: Annotated[str | None, about("As the image writes it.")]
    created_by: str
    comment: str
    empty_layer: Annotated[bool, about("Whether it made no layer.")]

    @classmethod
    def of(cls, step: Mapping[str, Any]) -> BuildStep:
        created = step.get("created")
        return cls(
            created=created if isinstance(created, str) else None,
            created_by=_text(step, "created_by"),
            comment=_text(step, "comment"),
            empty_layer=bool(step.get("empty_layer")),
        )


class Layers(Answer):
    """The layers of an image on this host, and how it was built."""

    reference: str
    digest: Annotated[str, about("The upstream's own digest.")]
    image_id: Annotated[str, about("Digest of the config.")]
    size: Annotated[Bytes, about("Bytes of the image.")]
    platform: str
    layers: Annotated[list[Layer], about("From the base up.")]
    history: Annotated[list[BuildStep], about("Oldest step first.")]

    @classmethod
    def of(cls, found: LayersOf) -> Layers:
        image = found.image
        steps = [step for step in found.history if not step.get("empty_layer")]
        return cls(
            reference=image.title,
            digest=str(image.digest or ""),
            image_id=image.id,
            size=image.size,
            platform=str(image.platform or ""),
            layers=[
                Layer(
                    digest=str(layer.digest or ""),
                    diff_id=layer.diff_id,
                    size=layer.size,
                    media_type=layer.media_type,
                    created_by=_text(steps[at], "created_by") if at < len(steps) else "",
                    shared_with=list(shared),
                )
                for at, (layer, shared) in enumerate(found.layers)
            ],
            history=[BuildStep.of(step) for step in found.history],
        )


class Update(Answer):
    """Whether the upstream has something newer."""

    digest: Annotated[str, about("The digest that is here.")]
    upstream: Annotated[str | None, about("The digest that the tag names now; null when it is not known.")]
    update: Annotated[bool | None, about("Whether they differ; null when it is not known.")]
    checked: Annotated[datetime, about("When the upstream was asked; its answer is kept for ten minutes.")]
    size: Annotated[Bytes | None, about("Bytes to fetch for the update, at most; null when that is not known.")]
    error: Annotated[str | None, about("Why it is not known, or why the last answer is old.")]

    @classmethod
    def of(cls, known: ImageUpdate) -> Update:
        return cls(
            digest=str(known.image.digest or ""),
            upstream=str(known.upstream) if known.upstream else None,
            update=known.update,
            checked=moment(known.check.tried if known.check else datetime.now(UTC)),
            size=known.size,
            error=known.error or None,
        )


class Platforms(Answer):
    """The platforms that an image is made for."""

    platforms: Annotated[list[str], about("The platforms of the tag; empty when they are not known.")]
    host: Annotated[str, about("The platform that downloads are for, unless one is asked for.")]
    fits: Annotated[bool | None, about("Whether one of them runs here; null when it is not known.")]

    @classmethod
    def of(cls, offered: Sequence[Platform], host: Platform, fits: bool | None) -> Platforms:
        return cls(platforms=[str(each) for each in offered], host=str(host), fits=fits)


class LxcFiles(Answer):
    """The two files that `lxc-create -t local` takes."""

    metadata: Annotated[str, about("Path on the service's host, for `--metadata`.")]
    rootfs: Annotated[str, about("Path on the service's host, for `--fstree`.")]

    @classmethod
    def of(cls, files: LxcPaths) -> LxcFiles:
        return cls(metadata=str(files.metadata), rootfs=str(files.rootfs))


def _text(step: Mapping[str, Any], key: str) -> str:
    value = step.get(key)
    return value if isinstance(value, str) else ""
