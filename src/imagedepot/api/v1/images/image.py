"""One image: inspect, layers, updates, platforms, download, delete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.http.bodies import body
from imagedepot.api.http.caller import require
from imagedepot.api.http.operation import BASE, Operation, Parameter, path_part
from imagedepot.api.services import Parts
from imagedepot.api.v1.images.listing import GROUP as _GROUP
from imagedepot.api.v1.images.listing import STALE
from imagedepot.errors import InvalidInput
from imagedepot.model.access.role import Role
from imagedepot.model.depot import LOCAL
from imagedepot.model.image import ImageRequest, ImageType, Remark
from imagedepot.model.names.pasted import as_reference
from imagedepot.model.names.reference import DOCKER_HUB, Reference
from imagedepot.service.downloads.requests import (
    depot_id,
    image_request,
    image_type,
    installed_name,
    is_other_registry,
    is_well_known,
)
from imagedepot.wire.v1.base import DepotName, Nothing, about
from imagedepot.wire.v1.images.image import (
    Details,
    DownloadRequest,
    Layers,
    LxcFiles,
    Platforms,
    Removed,
    Update,
)

_TYPE = path_part("type", "Type of the image.", ImageType)
IS_OFFICIAL = path_part("is_official", "`1` for the `library` namespace, else `0`.", Literal["0", "1"])
NAME = path_part("name", "Name of the image. It may hold `/`, and a registry's `host:port`; `%2F` equals `/`.")
_TAG = path_part("tag", "Tag, or digest (`sha256:…`). For LXC any tag means the one version there is.")
_STORE = Parameter("store", "Which store is meant where two have an image of this name; the chosen one otherwise.")
_FROM = path_part("from", "Depot that the image comes from; `official` is the same as `dockerhub`.", DepotName)
_ONE = "/image/{type}/{name:path}/{tag}"
_IN_DEPOT = "/image/{from}/{type}/{name:path}"
UPSTREAM_ERRORS = (404, 502, 503, 504)
Inspect = Annotated[
    dict[str, Any],
    about(
        "docker: Docker's inspect object, with at least `Architecture Author Comment Config Container ContainerConfig "
        "Created DockerVersion Id Os Parent Size VirtualSize RepoTags RepoDigests RootFS`. lxc: the image's metadata, "
        "with at least `Architecture Created Os Size Fingerprint Properties verified`."
    ),
]
_NO_WISHES = DownloadRequest()
_CATALOGS = "the catalogs"


class ImageCalls:
    def __init__(self, parts: Parts) -> None:
        self._images = parts.images
        self._downloads = parts.downloads
        self._updates = parts.updates
        self._threads = parts.threads
        self._root_path = parts.root_path

    async def inspect(self, request: Request) -> Response:
        type_, name, tag = _named(request.path_params)
        return answer(await self._threads.local(self._images.inspect, type_, name, tag, _store(request)))

    async def layers(self, request: Request) -> Response:
        _, name, tag = _docker(request.path_params)
        return answer(Layers.of(await self._threads.local(self._images.layers, name, tag, _store(request))))

    async def lxc_files(self, request: Request) -> Response:
        """Answer with the files of an LXC image; the first request re-packs it, which takes a while."""
        _, name, _ = _lxc(request.path_params)
        made = await self._threads.repack(request, name, lambda flag: self._images.lxc_files(name, flag))
        return answer(LxcFiles.of(made))

    async def update(self, request: Request) -> Response:
        type_, name, tag = _named(request.path_params)
        checked = await self._threads.upstream(
            request, upstream_of(type_, name), lambda flag: self._updates.of(type_, name, tag, flag)
        )
        return answer(Update.of(checked))

    async def details(self, request: Request) -> Response:
        name = on_hub(request.path_params)
        kept = await self._threads.upstream(request, DOCKER_HUB, lambda flag: self._images.details(name, flag))
        return answer(Details.of(kept.value), headers={"Warning": STALE} if kept.stale else {})

    async def platforms(self, request: Request) -> Response:
        wanted = self.wanted(request.path_params)
        if wanted.type is ImageType.DOCKER:
            check_registry(request, wanted.name)
        offered = await self._threads.upstream(
            request, upstream_of(wanted.type, wanted.name), lambda flag: self._images.platforms(wanted, flag)
        )
        return answer(Platforms.of(*offered))

    async def download(self, request: Request) -> Response:
        wanted = self.wanted(request.path_params, await body.read_json(request, DownloadRequest))
        if wanted.type is ImageType.DOCKER:
            check_registry(request, wanted.name)
        if wanted.type is ImageType.LXC:
            # What it is called is a catalog's word, and catalogs may have to be waited for.
            accepted = await self._threads.upstream(request, _CATALOGS, lambda _: self._images.accepted(wanted))
        else:
            accepted = await self._threads.local(self._images.accepted, wanted)
        download = await self._threads.local(self._downloads.start, accepted)
        return answer(Nothing(), headers={"Location": f"{self._root_path}{BASE}/downloads/{download.id}"})

    async def delete(self, request: Request) -> Response:
        type_, name, tag = self.removed(request.path_params)
        asked = request.path_params["name"]
        await self._threads.local(self._images.remove, type_, name, tag, _store(request))
        return answer(Removed(type=type_, name=name if tag is None else asked))

    def removed(self, path: Mapping[str, str]) -> tuple[ImageType, str, str | None]:
        """Type, name and tag; no tag for every one. Raises `InvalidInput`."""
        if depot_id(path["from"], self._images.depots) != LOCAL:
            raise InvalidInput("Only images on this host can be removed: use local in place of the depot")
        type_ = image_type(path["type"])
        return type_, *installed_name(type_, path["name"])

    def wanted(self, path: Mapping[str, str], asked: DownloadRequest = _NO_WISHES) -> ImageRequest:
        """The image of a path, with what the body asks for. Raises `InvalidInput`."""
        type_, name, tag = _named(path)
        depots, remark = self._images.depots, Remark(asked.description, asked.location, asked.icon)
        return image_request(depots, depot_id(path["from"], depots), type_, name, tag, asked.platform, remark)


def upstream_of(type_: ImageType, name: str) -> str:
    """The upstream that a question about an image goes to. Raises `InvalidReference`."""
    return _CATALOGS if type_ is ImageType.LXC else Reference.parse(as_reference(name)).registry


def check_registry(request: Request, name: str) -> None:
    """Check that the caller may use the registry: only administrators may name one that is not well known."""
    if not is_well_known(name):
        require(request, Role.ADMIN, "ask a registry by its host, except for well-known ones")


def _store(request: Request) -> str:
    return request.query_params.get("store", "")


# What the parts of a path ask for. Each raises `InvalidInput` for those that its operations always refuse.


def _named(path: Mapping[str, str]) -> tuple[ImageType, str, str]:
    return image_type(path["type"]), path["name"], path["tag"]


def installed(path: Mapping[str, str]) -> tuple[ImageType, str, str]:
    """Type, name and tag of an image on this host."""
    type_, name, tag = _named(path)
    installed_name(type_, name)
    return type_, name, tag


def _docker(path: Mapping[str, str]) -> tuple[ImageType, str, str]:
    if image_type(path["type"]) is not ImageType.DOCKER:
        raise InvalidInput("Only docker images have layers")
    return installed(path)


def _lxc(path: Mapping[str, str]) -> tuple[ImageType, str, str]:
    if image_type(path["type"]) is not ImageType.LXC:
        raise InvalidInput("Only LXC images have a metadata and a rootfs file")
    return installed(path)


def on_hub(path: Mapping[str, str]) -> str:
    """The name in a path that also says whether it is an official image's. Raises `InvalidInput`."""
    name = path["name"]
    official = _official(path["is_official"])
    if official and not is_other_registry(name) and "/" in name.removeprefix("library/"):
        raise InvalidInput(f"{name[:300]!r} is not an official image: ask with 0")
    return name


def _official(text: str) -> bool:
    if text not in ("0", "1"):
        raise InvalidInput(f"Whether the image is official is 0 or 1, not {text[:40]!r}")
    return text == "1"


def operations(parts: Parts) -> Iterator[Operation]:
    image = ImageCalls(parts)
    yield Operation(
        "GET",
        "/image/dockerhub/docker/{is_official}/{name:path}/details",
        image.details,
        _GROUP,
        "What Docker Hub tells of a repository.",
        Details,
        "From the cache while Docker Hub is down, with `Warning: 110`.",
        (IS_OFFICIAL, NAME),
        errors=UPSTREAM_ERRORS,
        check=on_hub,
        role=Role.MEMBER,
    )
    yield Operation(
        "GET",
        _ONE + "/inspect",
        image.inspect,
        _GROUP,
        "Inspect an image on this host.",
        Inspect,
        parameters=(_TYPE, NAME, _TAG, _STORE),
        errors=(404, 503),
        check=installed,
    )
    yield Operation(
        "GET",
        _ONE + "/layers",
        image.layers,
        _GROUP,
        "The layers of a docker image on this host, who shares them, and how it was built.",
        Layers,
        parameters=(_TYPE, NAME, _TAG, _STORE),
        errors=(404, 503),
        check=_docker,
    )
    yield Operation(
        "GET",
        _ONE + "/files",
        image.lxc_files,
        _GROUP,
        "The two files of an LXC image that `lxc-create -t local` takes.",
        LxcFiles,
        "Made on the first demand. 409 when the images live in an engine, which keeps no files for us.",
        (_TYPE, NAME, _TAG),
        errors=(404, 409, 422, 502, 507),
        check=_lxc,
        role=Role.ADMIN,
    )
    yield Operation(
        "GET",
        _ONE + "/update",
        image.update,
        _GROUP,
        "Whether the upstream has something newer than what is here.",
        Update,
        "One HEAD, remembered for ten minutes. An upstream that cannot tell is no error of this call.",
        (_TYPE, NAME, _TAG),
        errors=(404, 503),
        check=installed,
    )
    yield Operation(
        "GET",
        _IN_DEPOT + "/{tag}/platforms",
        image.platforms,
        _GROUP,
        "The platforms that an image is made for.",
        Platforms,
        "A name with a registry's host asks that registry; one that is not well known, for administrators alone.",
        (_FROM, _TYPE, NAME, _TAG),
        errors=(*UPSTREAM_ERRORS, 422),
        check=image.wanted,
        role=Role.MEMBER,
    )
    yield Operation(
        "POST",
        _IN_DEPOT + "/{tag}/download",
        image.download,
        _GROUP,
        "Download an image.",
        Nothing,
        "Answers at once, with the address of the download in `Location`. An image that is under "
        "way already stays one download; one that is here is checked with a single HEAD. What only the upstream can "
        "tell ends in the download's own `error`.",
        (_FROM, _TYPE, NAME, _TAG),
        DownloadRequest,
        errors=(404, 507),
        check=image.wanted,
        role=Role.MEMBER,
    )
    yield Operation(
        "DELETE",
        _IN_DEPOT,
        image.delete,
        _GROUP,
        "Remove an image from this host.",
        Removed,
        "Every tag of a repository; `name:tag` only that tag; with a digest (`name@sha256:…`) only the image of that "
        "digest, whatever tag stands before it. It is gone when the answer comes.",
        (path_part("from", "`local`, and nothing else.", Literal["local"]), _TYPE, NAME, _STORE),
        errors=(404, 409, 503, 507),
        check=image.removed,
    )
