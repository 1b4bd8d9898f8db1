"""One image: inspect, tags, layers, updates, platforms, download, delete."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http import body
from imagedepot.api.http.answers import answer
from imagedepot.api.http.caller import administrator
from imagedepot.api.rows.images import (
    details_answer,
    layers_answer,
    lxc_files_answer,
    platforms_answer,
    removed_answer,
    tags_answer,
    update_answer,
)
from imagedepot.api.v1.listing import STALE
from imagedepot.api.v1.services import Parts
from imagedepot.errors import InvalidInput
from imagedepot.model.image import DepotName, ImageRequest, ImageType, Remark
from imagedepot.service.downloads.requests import (
    depot_name,
    image_request,
    image_type,
    installed_name,
    is_other_registry,
)

_BY_HOST = "Only an administrator may ask a registry by its host"


class ImageCalls:
    def __init__(self, parts: Parts) -> None:
        self._images = parts.images
        self._downloads = parts.downloads
        self._threads = parts.threads

    async def inspect(self, request: Request) -> Response:
        type_, name, tag = _named(request)
        return answer(await self._threads.local(self._images.inspect, type_, name, tag))

    async def layers(self, request: Request) -> Response:
        type_, name, tag = _named(request)
        if type_ is not ImageType.DOCKER:
            raise InvalidInput("Only docker images have layers")
        return answer(layers_answer(await self._threads.local(self._images.layers, name, tag)))

    async def lxc_files(self, request: Request) -> Response:
        """The first demand re-packs the image, which takes its time."""
        type_, name, _ = _named(request)
        if type_ is not ImageType.LXC:
            raise InvalidInput("Only LXC images have a metadata and a rootfs file")
        return answer(lxc_files_answer(await self._threads.local(self._images.lxc_files, name)))

    async def update(self, request: Request) -> Response:
        return answer(update_answer(await self._threads.upstream(self._images.update, *_named(request))))

    async def tags(self, request: Request) -> Response:
        name = _on_hub(request)
        if is_other_registry(name):
            administrator(request, _BY_HOST)
        return answer(tags_answer(await self._threads.upstream(self._images.tags, name)))

    async def details(self, request: Request) -> Response:
        kept = await self._threads.upstream(self._images.details, _on_hub(request))
        return answer(details_answer(kept.value), headers={"Warning": STALE} if kept.stale else {})

    async def platforms(self, request: Request) -> Response:
        wanted = _wanted(request, {})
        if wanted.type is ImageType.DOCKER and is_other_registry(wanted.name):
            administrator(request, _BY_HOST)
        return answer(platforms_answer(*await self._threads.upstream(self._images.platforms, wanted)))

    async def download(self, request: Request) -> Response:
        wanted = _wanted(request, await body.read_json(request))
        # What an LXC image is called is a catalog's word, and catalogs may have to be waited for.
        threads = self._threads.upstream if wanted.type is ImageType.LXC else self._threads.local
        accepted = await threads(self._images.accepted, wanted)
        await self._threads.local(self._downloads.start, accepted)
        return answer({})

    async def delete(self, request: Request) -> Response:
        if depot_name(request.path_params["from"]) is not DepotName.LOCAL:
            raise InvalidInput("Only images on this host can be removed: use local in place of the depot")
        type_, asked = image_type(request.path_params["type"]), request.path_params["name"]
        name, tag = installed_name(type_, asked)
        await self._threads.local(self._images.remove, type_, name, tag)
        return answer(removed_answer(type_, name if tag is None else asked))


def _named(request: Request) -> tuple[ImageType, str, str]:
    parts = request.path_params
    return image_type(parts["type"]), parts["name"], parts["tag"]


def _wanted(request: Request, told: dict[str, Any]) -> ImageRequest:
    """What the path and the body ask for. Raises `InvalidInput`."""
    type_, name, tag = _named(request)
    remark = Remark(*(body.text(told, key, "") for key in ("description", "location", "icon")))
    platform = body.text(told, "platform", "")
    return image_request(depot_name(request.path_params["from"]), type_, name, tag, platform, remark)


def _on_hub(request: Request) -> str:
    """The name of a path that says, too, whether it is an official one's."""
    name: str = request.path_params["name"]
    official = _official(request.path_params["is_official"])
    if official and not is_other_registry(name) and "/" in name.removeprefix("library/"):
        raise InvalidInput(f"{name[:300]!r} is not an official image: ask with 0")
    return name


def _official(text: str) -> bool:
    if text not in ("0", "1"):
        raise InvalidInput(f"Whether the image is official is 0 or 1, not {text[:40]!r}")
    return text == "1"
