"""The mirror: its figures, its images, and what is kept of them."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.http.caller import caller_of
from imagedepot.api.http.operation import Operation, Parameter, path_part
from imagedepot.api.services import Parts
from imagedepot.model.access.role import Role
from imagedepot.service.finding.list_query import HIGHEST_LIMIT, USUAL_LIMIT, Page, whole_number
from imagedepot.wire.v1.base import Nothing
from imagedepot.wire.v1.mirror import KeptImage, Mirror, MirrorFetch, MirrorImages

_GROUP = "Mirror"
_MOST_PAGES = 1_000_000
_ONE = "/mirror/images/{name:path}/{tag}"
_WHICH = (
    path_part("name", "Name of the image. It may hold `/`, and a registry's `host:port`; `%2F` equals `/`."),
    path_part("tag", "Tag, or digest (`sha256:…`)."),
)


class MirrorCalls:
    def __init__(self, parts: Parts) -> None:
        self._mirror = parts.mirror
        self._threads = parts.threads

    async def state(self, request: Request) -> Response:
        return answer(Mirror.of(await self._threads.local(self._mirror.state)))

    async def images(self, request: Request) -> Response:
        query = request.query_params
        page = whole_number("page", query.get("page", "1"), _MOST_PAGES)
        limit = whole_number("limit", query.get("limit", str(USUAL_LIMIT)), HIGHEST_LIMIT)
        images = await self._threads.local(self._mirror.images)
        return answer(MirrorImages.of(images, Page(page, limit).rows))

    async def fetches(self, request: Request) -> Response:
        shows_clients = caller_of(request).is_admin
        return answer([MirrorFetch.of(each, shows_clients) for each in self._mirror.fetches.now()])

    async def keep(self, request: Request) -> Response:
        kept = await self._threads.local(self._mirror.keep, *_named(request))
        return answer(KeptImage(name=kept.name, tag=kept.tag, size=kept.size))

    async def drop(self, request: Request) -> Response:
        await self._threads.local(self._mirror.drop, *_named(request))
        return answer(Nothing())


def _named(request: Request) -> tuple[str, str]:
    return request.path_params["name"], request.path_params["tag"]


def operations(parts: Parts) -> Iterator[Operation]:
    calls = MirrorCalls(parts)
    yield Operation("GET", "/mirror", calls.state, _GROUP, "The figures of the mirror, and its upstreams.", Mirror)
    yield Operation(
        "GET",
        "/mirror/images",
        calls.images,
        _GROUP,
        "The images that came through the mirror.",
        MirrorImages,
        "They are no installed images, and go when the room is needed.",
        (
            Parameter("page", "Which page, from 1 on.", int),
            Parameter("limit", f"Rows of a page: {USUAL_LIMIT} if nothing is said, at most {HIGHEST_LIMIT}.", int),
        ),
    )
    yield Operation(
        "GET",
        "/mirror/fetches",
        calls.fetches,
        _GROUP,
        "What is being fetched for the clients of the mirror, one row for each repository.",
        list[MirrorFetch],
        "It goes on when the client that asked for it has left.",
    )
    yield Operation(
        "POST",
        f"{_ONE}/keep",
        calls.keep,
        _GROUP,
        "Install an image that the mirror has, at no fetch.",
        KeptImage,
        "What is here whole: for this host's platform if that is among it, else for the first one.",
        _WHICH,
        errors=(404, 409, 507),
        role=Role.MEMBER,
    )
    yield Operation(
        "DELETE",
        _ONE,
        calls.drop,
        _GROUP,
        "Give up an image that the mirror has.",
        Nothing,
        "What an installed image needs of it stays.",
        _WHICH,
        errors=(404, 507),
    )
