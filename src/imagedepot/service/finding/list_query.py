"""The query of a list: a depot, a type, a filter, a page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from imagedepot.errors import InvalidInput
from imagedepot.model.depot import LOCAL, DepotId
from imagedepot.model.image import ImageType
from imagedepot.service.downloads.requests import depot_id, image_type

USUAL_LIMIT = 100
HIGHEST_LIMIT = 1000
_HIGHEST_PAGE = 10**9
_LONGEST_FILTER = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """`number` counts from 1."""

    number: int
    limit: int

    @property
    def rows(self) -> slice:
        start = (self.number - 1) * self.limit
        return slice(start, start + self.limit)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """`type` None is both; `page` None is every row; `installed` None is all the same.

    `by_relevance`: best matches first, in place of the depot's own order; `by_place`: as the catalogs have them.
    `with_digests`: in rows of `local`, of which they are the largest part.
    """

    depot: DepotId
    type: ImageType | None
    filter_text: str
    page: Page | None
    installed: bool | None
    by_relevance: bool = False
    with_digests: bool = True
    by_place: bool = False

    @classmethod
    def parse(cls, query: Mapping[str, str], depots: Collection[DepotId]) -> ListQuery:
        """`depots` are those that there are. Raises `InvalidInput`."""
        type_ = query.get("type", "")
        filter_text = query.get("filter_text", "")
        if len(filter_text) > _LONGEST_FILTER:
            raise InvalidInput(f"filter_text has at most {_LONGEST_FILTER:,} characters")
        order = _order(query.get("order", ""))
        return cls(
            depot_id(query.get("from") or LOCAL, depots),
            image_type(type_) if type_ else None,
            filter_text,
            _page(query),
            _yes_or_no(query, "installed"),
            order == "relevance",
            _yes_or_no(query, "digests") is not False,
            order == "catalog",
        )

    @property
    def is_local(self) -> bool:
        """Whether what is installed is to be listed, which the stores know, and no depot."""
        return self.depot == LOCAL

    def matches(self, *texts: str) -> bool:
        """Whether the filter is found in one of these, whatever the case."""
        sought = self.filter_text.lower()
        return not sought or any(sought in text.lower() for text in texts)


def _page(query: Mapping[str, str]) -> Page | None:
    if "page" not in query and "limit" not in query:
        return None
    return Page(
        whole_number("page", query.get("page", "1"), _HIGHEST_PAGE),
        whole_number("limit", query.get("limit", str(USUAL_LIMIT)), HIGHEST_LIMIT),
    )


def whole_number(name: str, text: str, highest: int) -> int:
    """A number of a query, from 1. Raises `InvalidInput`."""
    if not text.isascii() or not text.isdigit() or len(text) > 12 or not 1 <= int(text) <= highest:
        raise InvalidInput(f"{name} is not a number from 1 to {highest:,}: {text[:40]!r}")
    return int(text)


def _yes_or_no(query: Mapping[str, str], name: str) -> bool | None:
    text = query.get(name, "")
    if text in ("", "true", "false"):
        return None if not text else text == "true"
    raise InvalidInput(f"{name} is neither true nor false: {text[:40]!r}")


def _order(text: str) -> str:
    if text in ("", "name", "relevance", "catalog"):
        return text
    raise InvalidInput(f"order is not name, relevance or catalog: {text[:40]!r}")
