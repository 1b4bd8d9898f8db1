"""Images as archives: `docker save` over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.http.bodies.received import receive
from imagedepot.api.http.bodies.streamed import TAR, archive_answer
from imagedepot.api.http.caller import caller_of, require_repository
from imagedepot.api.http.operation import Operation, Parameter, path_part
from imagedepot.api.services import Parts
from imagedepot.api.v1.images.image import installed
from imagedepot.api.v1.images.listing import GROUP
from imagedepot.errors import Forbidden, InvalidInput
from imagedepot.model.access.scope import Scope
from imagedepot.model.content.archives import ArchiveFormat
from imagedepot.model.image import ImageType
from imagedepot.model.names.pasted import as_reference
from imagedepot.model.names.reference import Reference
from imagedepot.wire.v1.images.archives import Archive, StartedLoads

_MOST = 100
_FORMAT = Parameter(
    "format",
    "`docker-archive` (without it), what `docker load`, `podman load` and skopeo read, or `oci-archive`, an OCI image "
    "layout with every blob as it came.",
    Literal["docker-archive", "oci-archive"],
)
_ABOUT = (
    "A stream of a length that is known beforehand, of which a `Range` can be asked for: `curl …/export | docker "
    "load`. Layers are as they came; only those packed with zstd are unpacked in a `docker-archive`, since Docker "
    "reads them from version 23 on. 409 where the images live in an engine that does not give the format; what an "
    "engine gives has no length, and no ranges."
)
_LXC = (
    "An LXC image is a unified tarball, which `lxc image import` and `incus image import` take, and has no `format`; "
    "409 where it lives in an engine, which saves its images itself."
)


class ArchiveCalls:
    def __init__(self, parts: Parts) -> None:
        self._images = parts.images
        self._loading = parts.loading
        self._threads = parts.threads

    async def export(self, request: Request) -> Response:
        type_, name, tag = installed(request.path_params)
        if type_ is ImageType.DOCKER:
            return await self._answer(request, [(name, tag)])
        _check_may_pull(request)
        if "format" in request.query_params:
            raise InvalidInput("An LXC image is saved in one format: leave out `format`")
        return await archive_answer(
            request, lambda: self._images.lxc_archive(name), self._threads, file_name([(name, "")])
        )

    async def export_several(self, request: Request) -> Response:
        names = request.query_params.getlist("name")
        if not 1 <= len(names) <= _MOST:
            raise InvalidInput(f"Name 1 to {_MOST} images: ?name=redis:7&name=alpine")
        for name in names:
            require_repository(request, ImageType.DOCKER, name)
        references = [Reference.parse(as_reference(name)) for name in names]
        return await self._answer(request, [(each.familiar_name, each.label) for each in references])

    async def load(self, request: Request) -> Response:
        name, platform = request.query_params.get("name", ""), request.query_params.get("platform", "")
        promised = request.headers.get("content-length", "")
        size = int(promised) if promised.isdigit() else None
        file = await self._threads.files(self._loading.begin, size)
        try:
            await receive(request, self._threads, file.write)
            started = await self._threads.slow(self._loading.load, file, name, platform)
        finally:
            await self._threads.files(file.close)
        return answer(StartedLoads(downloads=[each.id for each in started]))

    async def _answer(self, request: Request, names: Sequence[tuple[str, str]]) -> Response:
        _check_may_pull(request)
        format_ = _format(request.query_params.get("format", ArchiveFormat.DOCKER))
        return await archive_answer(
            request, lambda: self._images.archive(names, format_), self._threads, file_name(names)
        )


def file_name(names: Sequence[tuple[str, str]]) -> str:
    """What a browser calls the file: `redis_7.tar`, `debian_bookworm.tar` for LXC, `images.tar` for several."""
    if len(names) != 1:
        return "images.tar"
    name, tag = names[0]
    plain = f"{name.rpartition('/')[2]}_{tag}" if tag else name
    words = re.sub(r"[^A-Za-z0-9._-]+", "_", plain)
    return f"{words[:100].strip('._')}.tar"


def _format(text: str) -> ArchiveFormat:
    """Raises `InvalidInput`."""
    try:
        return ArchiveFormat(text)
    except ValueError:
        raise InvalidInput(f"Unknown format {text[:80]!r}: use {' or '.join(ArchiveFormat)}") from None


def _check_may_pull(request: Request) -> None:
    if not caller_of(request).may(Scope.PULL):
        raise Forbidden(f"This access token lacks the scope {Scope.PULL}")


def operations(parts: Parts) -> Iterator[Operation]:
    calls = ArchiveCalls(parts)
    yield Operation(
        "GET",
        "/image/{type}/{name:path}/{tag}/export",
        calls.export,
        GROUP,
        "An image on this host as one file.",
        bytes,
        f"{_ABOUT} {_LXC}",
        (
            path_part("type", "Type of the image.", ImageType),
            path_part("name", "Name of the image."),
            path_part("tag", "Tag, or digest (`sha256:…`)."),
            _FORMAT,
        ),
        errors=(404, 409, 502, 503, 507),
        check=installed,
        media=TAR,
        ranges=True,
    )
    yield Operation(
        "GET",
        "/images/export",
        calls.export_several,
        GROUP,
        "Several docker images on this host as one file.",
        bytes,
        f"At most {_MOST} of them. {_ABOUT}",
        (Parameter("name", "An image, such as `redis:7`; once for each.", required=True), _FORMAT),
        errors=(404, 409, 502, 503, 507),
        any_token=True,
        media=TAR,
        ranges=True,
    )
    yield Operation(
        "POST",
        "/images/import",
        calls.load,
        GROUP,
        "Load the images of an archive.",
        StartedLoads,
        "The body is the archive as it is, of any size: a docker-archive or an OCI archive, plain or packed with gzip, "
        "zstd, xz or bzip2. The answer comes when it is here and looked at; each image is a download, whose end tells "
        "whether all of its blobs were what their digests say. Of an image for several platforms the host's is taken, "
        "unless `platform` asks for another.",
        (
            Parameter("name", "What the only image is to be called, in place of its name in the archive."),
            Parameter("platform", "`os/architecture[/variant]`; the host's without it."),
        ),
        Archive,
        errors=(409, 422, 507),
        takes=(TAR, "application/octet-stream"),
    )
