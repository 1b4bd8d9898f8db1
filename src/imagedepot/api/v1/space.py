"""The disk: what takes the space, what can be freed, whether everything is still whole."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.http.bodies import body
from imagedepot.api.http.changes import detail
from imagedepot.api.http.operation import Operation
from imagedepot.api.services import Parts
from imagedepot.model.content.slice import WHOLE, Slice
from imagedepot.wire.v1.space import CleanupRequest, Freed, Space, Verification, VerifyRequest

_GROUP = "Space"


class SpaceCalls:
    def __init__(self, parts: Parts) -> None:
        self._space = parts.space
        self._repair = parts.repair
        self._threads = parts.threads

    async def usage(self, request: Request) -> Response:
        return answer(Space.of_usage(await self._threads.local(self._space.usage)))

    async def clean_up(self, request: Request) -> Response:
        wanted = await body.read_json(request, CleanupRequest)
        detail(request, f"unfinished={str(wanted.unfinished).lower()} unnamed={str(wanted.unnamed).lower()}")
        return answer(Freed.of(await self._threads.local(self._space.clean_up, wanted.unfinished, wanted.unnamed)))

    async def verify(self, request: Request) -> Response:
        wanted = await body.read_json(request, VerifyRequest)
        slice_ = Slice.parse(wanted.slice)
        detail(request, f"repair={str(wanted.repair).lower()}" + (f" slice={wanted.slice}" if slice_ != WHOLE else ""))
        return answer(Verification.of(await self._threads.slow(self._repair.verify, wanted.repair, slice_)))


def operations(parts: Parts) -> Iterator[Operation]:
    calls = SpaceCalls(parts)
    yield Operation("GET", "/space", calls.usage, _GROUP, "The disk: free, used, by which image.", Space)
    yield Operation(
        "POST",
        "/space/verify",
        calls.verify,
        _GROUP,
        "Read everything again and name what is not what its digest says.",
        Verification,
        "Takes as long as reading takes.",
        body=VerifyRequest,
        errors=(507,),
    )
    yield Operation(
        "POST",
        "/space/cleanup",
        calls.clean_up,
        _GROUP,
        "Free what no image and no download needs.",
        Freed,
        body=CleanupRequest,
    )
