"""What Docker Hub publishes about a repository."""

from __future__ import annotations

from dataclasses import dataclass

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


def page_on_hub(name: str) -> str:
    """The address of a repository's page on Docker Hub, by its familiar name."""
    return f"{_SITE}/r/{name}" if "/" in name else f"{_SITE}/_/{name}"
