"""Updates: what upstreams have that is newer, and what is asked about."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec

from imagedepot.model.following.updates import UpdateAction, UpdateRule
from imagedepot.model.image import ImageType
from imagedepot.model.text.duration import duration_text, parse_duration
from imagedepot.service.updates.plan import Outcome
from imagedepot.wire.v1.base import Answer, Body, Bytes, Count, about, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imagedepot.service.updates.plan import ImageUpdate as Known
    from imagedepot.service.updates.plan import Plan
    from imagedepot.service.updates.updates import AllUpdates


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
        return cls(
            type=image.type,
            name=image.name,
            tag=image.tag,
            digest=str(image.digest or ""),
            upstream=str(known.upstream) if known.upstream else None,
            version=known.version or None,
            size=known.size,
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


class RuleWish(Body):
    """How the images of a pattern are to be followed."""

    action: Annotated[UpdateAction, about("`off`: never asked; `notify`: shown; `download`: downloaded.")] = (
        UpdateAction.NOTIFY
    )
    keep: Annotated[int, about("So many versions before the present one stay, if it downloads.")] = 0
    versions: Annotated[str, about("A range such as `^7.2` or `~10.10`; empty to follow the tag's digest.")] = ""
    min_age: Annotated[str, about("So long a version has to be known before it is downloaded, such as `3d`.")] = ""
    window: Annotated[str, about("When downloads may begin: `02:00-05:00`, `sat,sun 01:00-06:00`.")] = ""
    every: Annotated[str, about("How often the upstream is asked: `6h`, `1d`.")] = "1d"

    def rule(self, pattern: str) -> UpdateRule:
        """Raises `InvalidInput`."""
        return UpdateRule(
            pattern,
            self.action,
            self.keep,
            self.versions.strip(),
            parse_duration(self.min_age or "0m", "The minimum age"),
            self.window.strip(),
            parse_duration(self.every, "The interval"),
        )


class RulePreview(RuleWish):
    """A rule that is not there yet; without a pattern the rules as they are."""

    pattern: Annotated[str, about("`redis`, `redis:7`, `lscr.io/linuxserver/*`, `*`.")] = ""


class Rule(Answer):
    """How the images of a pattern are followed."""

    pattern: str
    action: UpdateAction
    keep: Count
    versions: str
    min_age: Annotated[str, about("Empty for none.")]
    window: Annotated[str, about("Empty for always. In the time zone of the service.")]
    every: str
    is_set: Annotated[bool, about("False for what counts for all other images while no rule `*` is set.")]

    @classmethod
    def of(cls, rule: UpdateRule, is_set: bool) -> Rule:
        return cls(
            pattern=rule.pattern,
            action=rule.action,
            keep=rule.keep,
            versions=rule.versions,
            min_age=duration_text(rule.min_age),
            window=rule.window,
            every=duration_text(rule.every),
            is_set=is_set,
        )


class Rules(Answer):
    """By pattern; what counts for all other images comes last."""

    results: list[Rule]


class PlannedUpdate(Answer):
    """What happens to one image now."""

    type: ImageType
    name: str
    tag: str
    rule: str
    outcome: Annotated[
        Outcome, about("`wait`: too young, or outside of the window; `unknown`: not checked yet, or it cannot be.")
    ]
    text: Annotated[str, about("One sentence for a person.")]
    until: Annotated[datetime | None, about("When a wait ends.")]
    size: Annotated[Bytes | None, about("Bytes to fetch, at most; null when that is not known.")]

    @classmethod
    def of(cls, plan: Plan) -> PlannedUpdate:
        known = plan.known
        return cls(
            type=known.image.type,
            name=known.image.name,
            tag=known.image.tag,
            rule=known.rule.pattern,
            outcome=plan.outcome,
            text=plan.text,
            until=moment(plan.until),
            size=known.size,
        )


class Preview(Answer):
    """What happens now, of every image on this host."""

    results: list[PlannedUpdate]

    @classmethod
    def of(cls, plans: Sequence[Plan]) -> Preview:
        return cls(results=[PlannedUpdate.of(each) for each in plans])
