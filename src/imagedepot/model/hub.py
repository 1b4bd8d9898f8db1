"""What Docker Hub publishes about a repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from imagedepot.model.digest import Digest
from imagedepot.model.platform import Platform

_SITE = "https://hub.docker.com"


@dataclass(frozen=True, slots=True)
class RepositoryDetails:
    """One repository. `readme` is Markdown that its owner wrote."""

    name: str
    description: str
    readme: str
    stars: int
    pulls: int | None
    is_private: bool
    updated: str

    @property
    def location(self) -> str:
        """Its page on Docker Hub."""
        return page_on_hub(self.name)


@dataclass(frozen=True, slots=True)
class TagFacts:
    """One tag. `sizes`: compressed bytes for each platform that it is made for."""

    tag: str
    digest: Digest | None
    updated: datetime | None
    sizes: Mapping[Platform, int]


@dataclass(frozen=True, slots=True)
class TagPage:
    """A page of a repository's tags, the last updated first; `follows`: there are more."""

    tags: Sequence[TagFacts]
    follows: bool


def page_on_hub(name: str) -> str:
    """The address of a repository's page on Docker Hub, by its familiar name."""
    return f"{_SITE}/r/{name}" if "/" in name else f"{_SITE}/_/{name}"
