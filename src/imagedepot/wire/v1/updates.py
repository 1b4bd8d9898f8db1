"""Updates: what upstreams have that is newer, and what is asked about."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec

from imagedepot.model.image import ImageType
from imagedepot.model.updates import UpdateAction
from imagedepot.wire.v1.base import Answer, Body, Bytes, Count, about, moment

if TYPE_CHECKING:
    from imagedepot.service.updates.updates import AllUpdates
    from imagedepot.service.updates.updates import ImageUpdate as Known


class ImageUpdate(Answer):
    """One image that is here, and what its upstream said last."""

    type: ImageType
    name: str
    tag: str
    digest: Annotated[str, about("The digest that is here.")]
    upstream: Annotated[str | None, about("The digest that the tag named at the last answer; null if it is not known.")]
    version: Annotated[str | None, about("The newer tag, where a rule follows versions; else null.")]
    size: Annotated[Bytes | None, about("Bytes to fetch for the update, at most; null when that is not known.")]
    update: Annotated[bool | None, about("Whether the upstream has something newer; null when that is not known.")]
    checked: Annotated[datetime | None, about("When the upstream answered last.")]
    error: Annotated[str | None, about("Why it is not known, or why the last answer is old.")]
    rule: Annotated[str, about("The pattern of the rule that counts.")]
    action: Annotated[UpdateAction, about("What that rule does.")]

    @classmethod
    def of(cls, known: Known) -> ImageUpdate:
        image, check, rule = known.image, known.check, known.rule
        here = str(image.digest or "")
        upstream = str(check.upstream or "") if check else here if known.update is False else ""
        return cls(
            type=image.type,
            name=image.name,
            tag=image.tag,
            digest=here,
            upstream=upstream or None,
            version=check.version if check and check.version and known.update else None,
            size=check.size if check and known.update else None,
            update=known.update,
            checked=moment(check.checked) if check else None,
            error=known.error or None,
            rule=rule.pattern,
            action=rule.action,
        )


class AllImageUpdates(Answer):
    """Every image that is here."""

    checked: Annotated[datetime | None, about("The oldest answer among the images that have one.")]
    waiting: Annotated[Count, about("Images that are about to be asked about.")]
    available: Annotated[Count, about("Images that have an update.")]
    size: Annotated[Bytes, about("Bytes to fetch for all updates whose size is known.")]
    results: list[ImageUpdate]
    total_count: Count

    @classmethod
    def of(cls, known: AllUpdates) -> AllImageUpdates:
        rows = [ImageUpdate.of(each) for each in known.updates]
        return cls(
            checked=moment(known.checked),
            waiting=known.waiting,
            available=sum(row.update is True for row in rows),
            size=sum(row.size or 0 for row in rows),
            results=rows,
            total_count=len(rows),
        )


class NamedImage(msgspec.Struct):
    """An image that is here."""

    name: str
    type: ImageType = ImageType.DOCKER
    tag: Annotated[str, about("A tag or digest; for LXC any tag means the one version.")] = "latest"


class WantedImages(Body):
    """Which images are meant; none is named for all of them."""

    images: list[NamedImage] = msgspec.field(default_factory=list)


class Asked(Answer):
    """How many images are asked about from now on; the others have been a moment ago."""

    asked: Count


class StartedUpdates(Answer):
    """The downloads that bring the updates, by id."""

    downloads: list[str]
