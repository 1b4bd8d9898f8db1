"""The stores: which of them takes new images, and what becomes of the images of the others."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.http.bodies import body
from imagedepot.api.http.caller import caller_of
from imagedepot.api.http.changes import detail
from imagedepot.api.http.operation import Operation, path_part
from imagedepot.api.services import Parts
from imagedepot.model.image import ImageType
from imagedepot.service.downloads.requests import image_type
from imagedepot.service.stores.switching import Fate
from imagedepot.wire.v1.stores import ImagesOfStore, StoreChoice, Stores

_GROUP = "Stores"
_TYPE = path_part("type", "Type of the images.", ImageType)


class StoreCalls:
    def __init__(self, parts: Parts) -> None:
        self._switching = parts.switching
        self._threads = parts.threads

    async def list(self, request: Request) -> Response:
        return answer(await self._threads.local(Stores.of, self._switching, caller_of(request).is_admin))

    async def use(self, request: Request) -> Response:
        """Choose a store; asks its engine whether it is there, which takes a while when it hangs."""
        type_ = image_type(request.path_params["type"])
        wanted = await body.read_json(request, StoreChoice)
        detail(request, f"setting={wanted.setting} images={wanted.images}")
        await self._threads.slow(self._switching.use, type_, wanted.setting, Fate(wanted.images))
        return await self.list(request)

    async def decide(self, request: Request) -> Response:
        type_ = image_type(request.path_params["type"])
        wanted = await body.read_json(request, ImagesOfStore)
        detail(request, f"store={wanted.store} images={wanted.images}")
        await self._threads.local(self._switching.decide, type_, wanted.store, Fate(wanted.images))
        return await self.list(request)

    async def stop(self, request: Request) -> Response:
        await self._threads.local(self._switching.stop, image_type(request.path_params["type"]))
        return await self.list(request)


def operations(parts: Parts) -> Iterator[Operation]:
    calls = StoreCalls(parts)
    yield Operation("GET", "/stores", calls.list, _GROUP, "Where images live, and what is done with them.", Stores)
    yield Operation(
        "PUT",
        "/stores/{type}",
        calls.use,
        _GROUP,
        "Choose the store that takes new images, from now on.",
        Stores,
        "Downloads under way begin again, into that store. 503 when no engine answers there: then nothing changes.",
        (_TYPE,),
        StoreChoice,
        errors=(409, 503, 507),
    )
    yield Operation(
        "POST",
        "/stores/{type}/work",
        calls.decide,
        _GROUP,
        "Decide what becomes of the images of a store that is not chosen.",
        Stores,
        "Moving and removing go on over a restart. An image is removed from a store when the other has it, whole.",
        (_TYPE,),
        ImagesOfStore,
        errors=(404, 409, 507),
    )
    yield Operation(
        "DELETE",
        "/stores/{type}/work",
        calls.stop,
        _GROUP,
        "Stop moving or removing images; what has been done stays so.",
        Stores,
        parameters=(_TYPE,),
        errors=(404, 507),
    )
