"""The tags of a repository."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.http.operation import Operation, Parameter
from imagedepot.api.services import Parts
from imagedepot.api.v1.images.image import IS_OFFICIAL, NAME, UPSTREAM_ERRORS, check_registry, on_hub, upstream_of
from imagedepot.api.v1.images.listing import GROUP as _GROUP
from imagedepot.api.v1.images.listing import STALE, warning
from imagedepot.cancellation import Cancellation
from imagedepot.errors import InvalidInput
from imagedepot.model.access.role import Role
from imagedepot.model.image import ImageType
from imagedepot.model.names.reference import DOCKER_HUB
from imagedepot.service.finding.list_query import whole_number
from imagedepot.wire.v1.images.tags import Tags, TagsDetails

_PAGES_SECONDS = 60.0
_MOST_PAGES = 10_000


class TagCalls:
    def __init__(self, parts: Parts) -> None:
        self._images = parts.images
        self._threads = parts.threads

    async def tags(self, request: Request) -> Response:
        name = on_hub(request.path_params)
        check_registry(request, name)
        shown_by = Tags.by_version if _is_by_version(request.query_params.get("order", "")) else Tags.of

        def work(flag: Cancellation) -> Response:  # in the thread to its end: there may be 200,000 tags to sort
            found = self._images.tags(name, flag)
            return answer(shown_by(found), headers={"Warning": warning(found.gap)} if found.gap else {})

        return await self._threads.upstream(request, upstream_of(ImageType.DOCKER, name), work, _PAGES_SECONDS)

    async def details(self, request: Request) -> Response:
        name = on_hub(request.path_params)
        page = whole_number("page", request.query_params.get("page", "1"), _MOST_PAGES)
        kept = await self._threads.upstream(request, DOCKER_HUB, lambda flag: self._images.tag_page(name, page, flag))
        shown = TagsDetails.of(kept.value, self._images.host)
        return answer(shown, headers={"Warning": STALE} if kept.stale else {})


def _is_by_version(text: str) -> bool:
    if text not in ("", "name", "version"):
        raise InvalidInput(f"order is neither name nor version: {text[:40]!r}")
    return text == "version"


def operations(parts: Parts) -> Iterator[Operation]:
    calls = TagCalls(parts)
    yield Operation(
        "GET",
        "/image/dockerhub/docker/{is_official}/{name:path}/tags",
        calls.tags,
        _GROUP,
        "The tags of a repository.",
        Tags,
        "A name with a registry's host asks that registry; one that is not well known, for administrators alone. A "
        "list that may be short carries `Warning: 199` with the reason. With `order=version` the answer has `groups`.",
        (
            IS_OFFICIAL,
            NAME,
            Parameter(
                "order",
                "`version`: what is current, versions from the newest on, pre-releases, the rest.",
                Annotated[Literal["name", "version"], Meta(extra_json_schema={"default": "name"})],
            ),
        ),
        errors=UPSTREAM_ERRORS,
        check=on_hub,
        role=Role.MEMBER,
    )
    yield Operation(
        "GET",
        "/image/dockerhub/docker/{is_official}/{name:path}/tags/details",
        calls.details,
        _GROUP,
        "What Docker Hub tells of a repository's tags: dates, sizes, platforms.",
        TagsDetails,
        "A hundred tags a page, the last updated first. No pull is counted. From the cache while Docker Hub is down, "
        "with `Warning: 110`. 400 for a repository of another registry.",
        (IS_OFFICIAL, NAME, Parameter("page", "Counts from 1.", Annotated[int, Meta(ge=1)])),
        errors=UPSTREAM_ERRORS,
        check=on_hub,
        role=Role.MEMBER,
    )
