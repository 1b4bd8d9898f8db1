"""Updates: what an upstream said last of an image that is here, and the rules by which it is followed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageType, InstalledImage
from imagedepot.model.names.reference import Reference

UpdateKey = tuple[ImageType, str, str]
"""Type, name and tag of an image that is here."""

EVERY_DAY = timedelta(days=1)


def update_key(image: InstalledImage) -> UpdateKey:
    return image.type, image.name, image.tag


def is_followed(image: InstalledImage) -> bool:
    """Whether an upstream can have something newer: not of what was pushed here, and a digest never changes."""
    return not image.is_pushed and ":" not in image.tag


def upstream_host(image: InstalledImage) -> str:
    """The registry that is asked about the image; "" for the catalogs of LXC images."""
    return "" if image.type is ImageType.LXC else Reference.for_tag(image.name, image.tag).registry


class UpdateAction(StrEnum):
    OFF = "off"  # never asked
    NOTIFY = "notify"
    DOWNLOAD = "download"


@dataclass(frozen=True, slots=True)
class UpdateRule:
    """How the images of `pattern` are followed.

    `keep`: so many versions before the present one stay. `versions`: a range such as `^7.2`; "" to follow the tag's
    digest. `min_age`: so long a version has to be known before it is downloaded. `window`: when downloads may begin,
    such as `02:00-05:00`; "" for always. `every`: how often the upstream is asked.
    """

    pattern: str
    action: UpdateAction = UpdateAction.NOTIFY
    keep: int = 0
    versions: str = ""
    min_age: timedelta = timedelta()
    window: str = ""
    every: timedelta = EVERY_DAY


@dataclass(frozen=True, slots=True)
class UpdateCheck:
    """What the upstream said last of one image.

    `digest`: what was here then. `upstream`: what the tag named at the last answer, `version` the tag that it has where
    a rule follows versions, else "". `size`: bytes to fetch at most, None where it is not known. `checked`: the last
    answer; `tried`: the last question, and `error` why it had no answer. `seen`: since when `upstream` is known to us.
    `due`: when the next question is to be asked.
    """

    type: ImageType
    name: str
    tag: str
    tried: datetime
    due: datetime
    digest: Digest | None = None
    upstream: Digest | None = None
    version: str = ""
    size: int | None = None
    checked: datetime | None = None
    error: str = ""
    seen: datetime | None = None

    @property
    def key(self) -> UpdateKey:
        return self.type, self.name, self.tag

    def is_update_of(self, image: InstalledImage) -> bool | None:
        """Whether the upstream has something newer than `image`; None when that is not known."""
        if self.checked is None:
            return None
        if self.version:
            return self.version != image.tag
        if self.upstream is None or image.digest is None:
            return None
        return self.upstream != image.digest


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """A version that a rule keeps or brought, so that a rule may remove it: `label` is its tag or digest, `follows` the
    tag that has moved on."""

    name: str
    label: str
    follows: str
    since: datetime
