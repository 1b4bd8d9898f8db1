"""The operations of images and downloads."""

from __future__ import annotations

from collections.abc import Iterator

from imagedepot.api.http.operation import Operation, Parameter, path_part
from imagedepot.api.http.schema import array, integer, one_of, text
from imagedepot.api.shapes.common import DEPOT, NOTHING, TYPE
from imagedepot.api.shapes.downloads import DOWNLOAD, STATUS_ROW
from imagedepot.api.shapes.image import DETAILS, DOWNLOAD_BODY, LAYERS, LXC_FILES, PLATFORMS, REMOVED, TAGS, UPDATE
from imagedepot.api.shapes.listing import INSPECT, LISTING
from imagedepot.api.v1.download_calls import DownloadCalls
from imagedepot.api.v1.events import MEDIA, Events
from imagedepot.api.v1.image_calls import ImageCalls
from imagedepot.api.v1.listing import Lists
from imagedepot.api.v1.services import Parts
from imagedepot.model.image import DepotName, ImageType
from imagedepot.service.list_query import HIGHEST_LIMIT, USUAL_LIMIT

IMAGES, DOWNLOADS = "Images", "Downloads"

_TYPE = path_part("type", "Type of the image.", TYPE)
_NAME = path_part("name", "Name of the image. It may hold `/`, and a registry's `host:port`; `%2F` equals `/`.")
_TAG = path_part("tag", "Tag, or digest (`sha256:…`). For LXC any tag means the one version there is.")
_FROM = path_part("from", "Depot that the image comes from; `official` is the same as `dockerhub`.", DEPOT)
_ID = path_part("id", "The `id` of a download's row.")
_ONE = "/image/{type}/{name:path}/{tag}"
_IN_DEPOT = "/image/{from}/{type}/{name:path}"
_UPSTREAM = (404, 502, 503, 504)

_LIST_QUERY = (
    Parameter("from", "Which depot.", {**one_of([*DepotName]), "default": "local"}),
    Parameter("type", "Images of this type alone.", text(enum=["", *map(str, ImageType)], default="")),
    Parameter(
        "filter_text",
        "Part of a name, title or description, in any case; for `dockerhub` what to search for.",
        text(default="", maxLength=1000),
    ),
    Parameter("page", "Counts from 1. Alone it means a `limit` of 100.", integer(minimum=1)),
    Parameter(
        "limit",
        "Rows of a page. Without `page` and `limit` every row is answered (`dockerhub`: the first 25).",
        integer(minimum=1, maximum=HIGHEST_LIMIT, default=USUAL_LIMIT),
    ),
    Parameter(
        "installed", "`appcenter` alone: only what is, or is not, on this host.", text(enum=["", "true", "false"])
    ),
)


def image_operations(parts: Parts) -> Iterator[Operation]:
    lists = Lists(parts)
    yield Operation(
        "GET",
        "/image",
        lists.list,
        IMAGES,
        "List one depot.",
        LISTING,
        "An answer from the cache while its upstream is down carries `Warning: 110`; one without the images of an "
        "engine that is away, `Warning: 199` with the reason.",
        _LIST_QUERY,
        errors=_UPSTREAM[1:],
    )
    yield from _downloads(DownloadCalls(parts), Events(parts))
    yield from _images(ImageCalls(parts))


def _images(image: ImageCalls) -> Iterator[Operation]:
    yield Operation(
        "GET",
        "/image/dockerhub/docker/{is_official}/{name:path}/tags",
        image.tags,
        IMAGES,
        "The tags of a repository.",
        TAGS,
        "A name with a registry's host asks that registry, for administrators.",
        (path_part("is_official", "`1` for the `library` namespace, else `0`.", one_of(["0", "1"])), _NAME),
        errors=_UPSTREAM,
    )
    yield Operation(
        "GET",
        "/image/dockerhub/docker/{is_official}/{name:path}/details",
        image.details,
        IMAGES,
        "What Docker Hub tells of a repository.",
        DETAILS,
        "From the cache while Docker Hub is down, with `Warning: 110`.",
        (path_part("is_official", "`1` for the `library` namespace, else `0`.", one_of(["0", "1"])), _NAME),
        errors=_UPSTREAM,
    )
    yield Operation(
        "GET",
        _ONE + "/inspect",
        image.inspect,
        IMAGES,
        "Inspect an image on this host.",
        INSPECT,
        parameters=(_TYPE, _NAME, _TAG),
        errors=(404, 503),
    )
    yield Operation(
        "GET",
        _ONE + "/layers",
        image.layers,
        IMAGES,
        "The layers of a docker image on this host, who shares them, and how it was built.",
        LAYERS,
        parameters=(_TYPE, _NAME, _TAG),
        errors=(404, 503),
    )
    yield Operation(
        "GET",
        _ONE + "/files",
        image.lxc_files,
        IMAGES,
        "The two files of an LXC image that `lxc-create -t local` takes.",
        LXC_FILES,
        "Made on the first demand. 409 when the images live in an engine, which keeps no files for us.",
        (_TYPE, _NAME, _TAG),
        errors=(404, 409, 422, 502, 507),
    )
    yield Operation(
        "GET",
        _ONE + "/update",
        image.update,
        IMAGES,
        "Whether the upstream has something newer than what is here.",
        UPDATE,
        "One HEAD, remembered for ten minutes. An upstream that cannot tell is no error of this call.",
        (_TYPE, _NAME, _TAG),
        errors=(404, 503),
    )
    yield Operation(
        "GET",
        _IN_DEPOT + "/{tag}/platforms",
        image.platforms,
        IMAGES,
        "The platforms that an image is made for.",
        PLATFORMS,
        "A name with a registry's host asks that registry, for administrators.",
        (_FROM, _TYPE, _NAME, _TAG),
        errors=(*_UPSTREAM, 422),
    )
    yield Operation(
        "POST",
        _IN_DEPOT + "/{tag}/download",
        image.download,
        IMAGES,
        "Download an image.",
        NOTHING,
        "Answers at once; `GET /image/downloadstatus` and `GET /downloads` tell how it goes. An image that is under "
        "way already stays one download; one that is here is checked with a single HEAD. What only the upstream can "
        "tell ends in the download's own `error`.",
        (_FROM, _TYPE, _NAME, _TAG),
        DOWNLOAD_BODY,
        errors=(404, 507),
    )
    yield Operation(
        "DELETE",
        _IN_DEPOT,
        image.delete,
        IMAGES,
        "Remove an image from this host.",
        REMOVED,
        "Every tag of a repository; `name:tag` only that tag; with a digest (`name@sha256:…`) only the image of that "
        "digest, whatever tag stands before it. It is gone when the answer comes.",
        (path_part("from", "`local`, and nothing else.", one_of([DepotName.LOCAL])), _TYPE, _NAME),
        errors=(404, 409, 503, 507),
    )


def _downloads(calls: DownloadCalls, events: Events) -> Iterator[Operation]:
    yield Operation(
        "GET",
        "/image/downloadstatus",
        calls.status,
        DOWNLOADS,
        "The downloads that wait or run, in order of asking.",
        array(STATUS_ROW),
        "One that has ended, well or badly, is not in it any more.",
    )
    yield Operation(
        "GET",
        "/downloads",
        calls.list,
        DOWNLOADS,
        "Every download, newest first, ended ones included.",
        array(DOWNLOAD),
    )
    yield Operation(
        "GET",
        "/downloads/events",
        events.stream,
        DOWNLOADS,
        "What happens, as server-sent events.",
        text(),
        "First `snapshot` with every row of `GET /downloads`; then `download` with a row, at most four times a second "
        "for each, and `images` when the list of local images has changed. A comment every 15 s. It ends with the "
        "session and with the service.",
        media=MEDIA,
    )
    yield Operation(
        "GET", "/downloads/{id}", calls.get, DOWNLOADS, "One download.", DOWNLOAD, parameters=(_ID,), errors=(404,)
    )
    yield Operation(
        "DELETE",
        "/downloads/{id}",
        calls.remove,
        DOWNLOADS,
        "Cancel a download, or forget one that has ended.",
        DOWNLOAD,
        "Answers its last state.",
        (_ID,),
        errors=(404,),
    )
    yield Operation(
        "POST",
        "/downloads/{id}/retry",
        calls.retry,
        DOWNLOADS,
        "Ask once more for what has ended.",
        DOWNLOAD,
        "What had arrived is not fetched again. One that is under way stays as it is.",
        (_ID,),
        errors=(404, 507),
    )
