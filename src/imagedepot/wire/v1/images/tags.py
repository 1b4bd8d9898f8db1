"""The tags of a repository: all of them, in order, and what Docker Hub tells of each."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from msgspec import UNSET, UnsetType

from imagedepot.service.finding.tag_order import TagKind, group_tags
from imagedepot.wire.v1.base import Answer, Bytes, about, moment

if TYPE_CHECKING:
    from imagedepot.model.hub import TagFacts, TagPage
    from imagedepot.model.platform import Platform
    from imagedepot.service.images import Tags as KnownTags


class GroupOfTags(Answer):
    """Tags that belong together: one major version, or those without a version."""

    kind: Annotated[TagKind, about("`current` is `latest`, `stable` and such; `other` has no version.")]
    major: Annotated[str, about("The major version, or empty.")]
    tags: Annotated[list[str], about("Newest first; those without a version ascending as strings.")]


class Tags(Answer):
    """The tags of a repository."""

    installed: Annotated[list[str], about("Those on this host.")]
    tags: Annotated[
        list[str], about("All of them: `latest` first, the others ascending as strings, unless by version.")
    ]
    groups: Annotated[
        list[GroupOfTags] | UnsetType,
        about("With `order=version` alone: what is current, versions from the newest on, pre-releases, the rest."),
    ] = UNSET

    @classmethod
    def of(cls, tags: KnownTags) -> Tags:
        return cls(installed=list(tags.installed), tags=list(tags.tags))

    @classmethod
    def by_version(cls, tags: KnownTags) -> Tags:
        groups = group_tags(tags.tags)
        return cls(
            installed=list(tags.installed),
            tags=[tag for group in groups for tag in group.tags],
            groups=[GroupOfTags(kind=each.kind, major=each.major, tags=list(each.tags)) for each in groups],
        )


class TagDetails(Answer):
    """What Docker Hub tells of a tag."""

    tag: str
    digest: Annotated[str, about("Of its manifest or index, or empty.")]
    updated: Annotated[datetime | None, about("When it was last pushed.")]
    size: Annotated[Bytes | None, about("Compressed bytes for this device; null where there is nothing for it.")]
    platforms: list[str]

    @classmethod
    def of(cls, facts: TagFacts, host: Platform) -> TagDetails:
        return cls(
            tag=facts.tag,
            digest=str(facts.digest or ""),
            updated=moment(facts.updated),
            size=next((facts.sizes[each] for each in host.accepted() if each in facts.sizes), None),
            platforms=sorted(map(str, facts.sizes)),
        )


class TagsDetails(Answer):
    """A page of what Docker Hub tells of a repository's tags, the last updated first."""

    tags: list[TagDetails]
    more: Annotated[bool, about("Whether a page follows.")]

    @classmethod
    def of(cls, page: TagPage, host: Platform) -> TagsDetails:
        return cls(tags=[TagDetails.of(each, host) for each in page.tags], more=page.follows)
