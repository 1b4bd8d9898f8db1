"""What a rule does with an image now: nothing, a notice, a download, or a wait, and until when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from imagedepot.model.digest import Digest
from imagedepot.model.following.updates import UpdateAction, UpdateCheck, UpdateRule
from imagedepot.model.following.versions import Version, VersionRange
from imagedepot.model.following.window import Window
from imagedepot.model.image import ImageType, InstalledImage
from imagedepot.model.text.duration import duration_text

Local = Callable[[datetime], datetime]
"""A time in the time zone of the windows."""


@dataclass(frozen=True, slots=True)
class ImageUpdate:
    """What is known of one image; `update` None when it is not known whether there is something newer, and `error`
    why, or why the answer is old."""

    image: InstalledImage
    rule: UpdateRule
    check: UpdateCheck | None
    update: bool | None
    error: str

    @property
    def upstream(self) -> Digest | None:
        """The digest that the tag names; None when that is not known. What is not followed stays as it is."""
        if self.check is not None:
            return self.check.upstream
        return self.image.digest if self.update is False else None

    @property
    def size(self) -> int | None:
        """Bytes to fetch for the update, at most; None without one, and when that is not known."""
        return self.check.size if self.check is not None and self.update else None

    @property
    def version(self) -> str:
        """The newer tag, where the rule follows versions, else ""."""
        return self.check.version if self.check is not None and self.update else ""


class Outcome(StrEnum):
    OFF = "off"
    UNKNOWN = "unknown"
    CURRENT = "current"
    NOTIFY = "notify"
    DOWNLOAD = "download"
    WAIT = "wait"  # it is too young, or the window is closed


@dataclass(frozen=True, slots=True)
class Plan:
    """`until`: when a wait ends; `text` is one sentence for people."""

    known: ImageUpdate
    outcome: Outcome
    text: str
    until: datetime | None = None


def planned(known: ImageUpdate, now: datetime, local: Local) -> Plan:
    rule, title = known.rule, known.image.title
    newer = f"{known.image.name}:{known.version}" if known.version else f"The newer {title}"
    if rule.action is UpdateAction.OFF:
        return Plan(known, Outcome.OFF, f"{title} is left out")
    if known.update is None:
        return Plan(known, Outcome.UNKNOWN, known.error or f"Nothing is known of {title}")
    if not known.update:
        return Plan(known, Outcome.CURRENT, f"{title} is up to date")
    if rule.action is UpdateAction.NOTIFY:
        return Plan(known, Outcome.NOTIFY, f"An update of {title} is shown, and not downloaded")
    seen = known.check.seen if known.check is not None else None
    if seen is not None and seen + rule.min_age > now:
        age = duration_text(rule.min_age)
        return Plan(known, Outcome.WAIT, f"{newer} waits until it is {age} old", seen + rule.min_age)
    if rule.window:
        opens = Window.parse(rule.window).opens(local(now))
        if opens > local(now):
            return Plan(known, Outcome.WAIT, f"{newer} waits for the window {rule.window}", opens.astimezone(UTC))
    kept = known.image.type is ImageType.DOCKER and rule.keep and not rule.versions
    stays = f", and {title} of now stays by its digest" if kept else ""
    return Plan(known, Outcome.DOWNLOAD, f"{newer} is downloaded{stays}")


def answers(check: UpdateCheck, rule: UpdateRule, image: InstalledImage) -> bool:
    """Whether the check is an answer to what the rule asks: it may be of a time before the rule was changed."""
    if image.type is not ImageType.DOCKER or check.checked is None:
        return True
    if bool(rule.versions) != bool(check.version):
        return False
    version = Version.of(check.version) if check.version != image.tag else None
    return version is None or VersionRange.parse(rule.versions).holds(version)
