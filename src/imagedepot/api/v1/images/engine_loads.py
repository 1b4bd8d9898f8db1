"""Images into an engine beside the store: begin, follow, cancel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.http.bodies import body
from imagedepot.api.http.operation import Operation, path_part
from imagedepot.api.services import Parts
from imagedepot.api.v1.images.image import installed
from imagedepot.api.v1.images.listing import GROUP
from imagedepot.errors import InvalidInput
from imagedepot.model.access.role import Role
from imagedepot.model.image import ImageType
from imagedepot.service.downloads.requests import image_type
from imagedepot.wire.v1.images.engine_loads import EngineLoad, EngineLoadRequest


class EngineLoadCalls:
    def __init__(self, parts: Parts) -> None:
        self._loads = parts.engine_loads
        self._threads = parts.threads

    async def start(self, request: Request) -> Response:
        name, tag = _docker(request.path_params)
        wanted = await body.read_json(request, EngineLoadRequest)
        return answer(EngineLoad.of(await self._threads.local(self._loads.start, name, tag, wanted.engine)))

    async def find(self, request: Request) -> Response:
        return answer(EngineLoad.of(self._loads.find(request.path_params["id"])))

    async def cancel(self, request: Request) -> Response:
        return answer(EngineLoad.of(await self._threads.local(self._loads.cancel, request.path_params["id"])))


def _docker(path: Mapping[str, str]) -> tuple[str, str]:
    if image_type(path["type"]) is not ImageType.DOCKER:
        raise InvalidInput("Only docker images are loaded into an engine")
    _, name, tag = installed(path)
    return name, tag


def operations(parts: Parts) -> Iterator[Operation]:
    calls = EngineLoadCalls(parts)
    which = path_part("id", "As the call that began it answers.")
    yield Operation(
        "POST",
        "/image/{type}/{name:path}/{tag}/load",
        calls.start,
        GROUP,
        "Load an image on this host into Docker or Podman.",
        EngineLoad,
        "What `curl …/export | docker load` does, for an engine that answers on the host and is not where images live. "
        "The answer comes at once; `GET /engine-loads/{id}` shows how far it is.",
        (
            path_part("type", "Type of the image.", ImageType),
            path_part("name", "Name of the image."),
            path_part("tag", "Tag, or digest (`sha256:…`)."),
        ),
        EngineLoadRequest,
        errors=(404, 503),
        role=Role.ADMIN,
        check=_docker,
    )
    yield Operation(
        "GET",
        "/engine-loads/{id}",
        calls.find,
        GROUP,
        "How far an image is on its way into an engine.",
        EngineLoad,
        "Of the last hundred that ended, and of all that did not.",
        (which,),
        errors=(404,),
        role=Role.ADMIN,
    )
    yield Operation(
        "DELETE",
        "/engine-loads/{id}",
        calls.cancel,
        GROUP,
        "Stop loading an image into an engine.",
        EngineLoad,
        parameters=(which,),
        errors=(404,),
        role=Role.ADMIN,
    )
