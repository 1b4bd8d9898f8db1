"""Docker Hub beside its registry: search, the Official Images, one repository's page, its tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from imagedepot.cancellation import Cancellation
from imagedepot.errors import InvalidAnswer, UpstreamNotFound
from imagedepot.model.digest import Digest
from imagedepot.model.hub import RepositoryDetails, TagFacts, TagPage
from imagedepot.model.names.reference import Reference, TagList, is_tag
from imagedepot.model.platform import Platform
from imagedepot.model.text.moment import parse_moment
from imagedepot.model.text.texts import figure, many_lines, one_line
from imagedepot.remote.hub.api import HubApi
from imagedepot.remote.hub.rows import HubImage, listed_reader, read_rows
from imagedepot.remote.hub.search import HubSearch

_PAGE = 100
_MOST_PAGES = 50
_LIST_SECONDS = 60.0
_OFFICIAL = "library"
_LONGEST_README = 100_000


class Hub:
    """Docker Hub's pages. Nothing is cached here; depots do that. Methods raise what `HubApi.get` raises."""

    def __init__(self, api: HubApi) -> None:
        self.search = HubSearch(api)
        self._api = api

    def official_images(self, cancellation: Cancellation | None = None) -> tuple[HubImage, ...]:
        """The Docker Official Images, by name."""
        what = "the list of official images"
        url = f"{self._api.base}/v2/namespaces/{_OFFICIAL}/repositories"
        found: dict[str, HubImage] = {}
        with (cancellation or Cancellation()).within(_LIST_SECONDS) as flag:
            for rows, _ in self._pages(url, what, flag, ordering="name"):
                before = len(found)
                found.update((image.name, image) for image in read_rows(rows, listed_reader(_OFFICIAL), what))
                if len(found) == before:
                    break
        if not found:
            raise InvalidAnswer(f"Docker Hub answered with an empty list instead of {what}")
        return tuple(found[name] for name in sorted(found, key=str.encode))

    def details(self, reference: Reference, cancellation: Cancellation | None = None) -> RepositoryDetails:
        """A repository's details.

        Raises `UpstreamNotFound` also for private repositories that our login may not see.
        """
        name = reference.familiar_name
        url, what = _page_of(self._api.base, reference), f"the details of {name}"
        body = self._api.get(url, what, cancellation, hidden=True)
        if not isinstance(body.get("name"), str):
            raise InvalidAnswer(f"Docker Hub answered with something else than the details of {name}")
        return RepositoryDetails(
            name,
            one_line(body.get("description")),
            many_lines(body.get("full_description"), _LONGEST_README),
            figure(body.get("star_count")) or 0,
            figure(body.get("pull_count")),
            body.get("is_private") is True,
            one_line(body.get("last_updated"), 40),
        )

    def tags(self, reference: Reference, cancellation: Cancellation | None = None) -> TagList:
        """Every tag in Docker Hub's order: for when the registry does not list them."""
        what = f"the tags of {reference.familiar_name}"
        found: dict[str, None] = {}
        pages, gap = 0, ""
        url = _page_of(self._api.base, reference) + "/tags"
        for rows, follows in self._pages(url, what, cancellation, hidden=True):
            before, pages = len(found), pages + 1
            found.update(
                (row["name"], None) for row in rows if isinstance(row, dict) and isinstance(row.get("name"), str)
            )
            if (follows and pages == _MOST_PAGES) or (rows and len(found) == before):
                gap = f"Some tags may be missing: Docker Hub gave {len(found):,} of them, and no end"
                break
        return TagList(list(found), gap)

    def tag_page(self, reference: Reference, page: int, cancellation: Cancellation | None = None) -> TagPage:
        """Page `page` (from 1) of 100 tags with their facts; an empty one past the end. Counts as no pull."""
        what = f"the tags of {reference.familiar_name}"
        query = urlencode({"page": page, "page_size": _PAGE})
        try:
            body = self._api.get(f"{_page_of(self._api.base, reference)}/tags?{query}", what, cancellation, hidden=True)
        except UpstreamNotFound:
            if page == 1:
                raise
            return TagPage((), False)
        rows = body.get("results")
        if not isinstance(rows, list):
            raise InvalidAnswer(f"Docker Hub answered with something else than {what}")
        facts = [_tag_facts(row) for row in rows[:_PAGE] if isinstance(row, dict)]
        return TagPage([each for each in facts if is_tag(each.tag)], bool(rows and body.get("next")))

    def tag_size(
        self, reference: Reference, platform: Platform, cancellation: Cancellation | None = None
    ) -> int | None:
        """Compressed bytes of a tag's image for `platform`; None where Docker Hub does not say. Counts as no pull."""
        url = f"{_page_of(self._api.base, reference)}/tags/{quote(str(reference.tag), safe='')}"
        body = self._api.get(url, f"the size of {reference.familiar}", cancellation, hidden=True)
        sizes = _sizes(body)
        return next((sizes[each] for each in platform.accepted() if each in sizes), None)

    def _pages(
        self, url: str, what: str, cancellation: Cancellation | None, hidden: bool = False, **more: str
    ) -> Iterator[tuple[list[Any], bool]]:
        """The rows of each page, and whether more follow.

        By page number: following an upstream's links would gain nothing and need checks.

        A page past the end is a 404; a list without an end is cut after `_MOST_PAGES`.
        """
        for page in range(1, _MOST_PAGES + 1):
            query = urlencode({"page": page, "page_size": _PAGE, **more})
            try:
                body = self._api.get(f"{url}?{query}", what, cancellation, hidden=hidden)
            except UpstreamNotFound:
                if page == 1:
                    raise
                return
            rows = body.get("results")
            if not isinstance(rows, list):
                raise InvalidAnswer(f"Docker Hub answered with something else than {what}")
            follows = bool(rows and body.get("next"))
            yield rows, follows
            if not follows:
                return


def _tag_facts(row: dict[str, Any]) -> TagFacts:
    updated = parse_moment(row.get("last_updated"))
    return TagFacts(one_line(row.get("name"), 200), Digest.try_parse(row.get("digest")), updated, _sizes(row))


def _sizes(row: dict[str, Any]) -> dict[Platform, int]:
    """Compressed bytes for each platform of a tag's row."""
    images = row.get("images")
    sizes: dict[Platform, int] = {}
    for image in images if isinstance(images, list) else ():
        offered = _platform_of(image) if isinstance(image, dict) else None
        size = figure(image.get("size")) if offered else None
        if offered is not None and size:
            sizes[offered] = size
    return sizes


def _platform_of(row: dict[str, Any]) -> Platform | None:
    words = [row.get("os"), row.get("architecture"), row.get("variant")]
    return Platform.try_parse("/".join(word for word in words if isinstance(word, str) and word))


def _page_of(base: str, reference: Reference) -> str:
    namespace, _, name = reference.repository.partition("/")
    return f"{base}/v2/namespaces/{quote(namespace, safe='')}/repositories/{quote(name, safe='')}"
