"""The service itself: what it is, who is asking, where images live, and their icons."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.http.caller import caller_of
from imagedepot.api.http.operation import Operation, path_part
from imagedepot.api.services import Parts
from imagedepot.wire.v1.space import Disk
from imagedepot.wire.v1.system import Engine, Store, System

_GROUP = "Service"


class SystemCalls:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def icon(self, request: Request) -> Response:
        icons, threads, key = self._parts.icons, self._parts.threads, request.path_params["key"]
        icon = await threads.local(icons.at_hand, key)
        if icon is None:
            icon = await threads.upstream(request, icons.host(key), lambda flag: icons.get(key, flag))
        return Response(icon.content, 200, icon.headers, icon.content_type)

    async def system(self, request: Request) -> Response:
        """Describe the service; only administrators see the addresses of engines, and engines that are not used."""
        caller = caller_of(request)
        parts = self._parts
        stores = await parts.threads.local(parts.stores_in_use)
        return answer(
            System(
                version=parts.version,
                platform=str(parts.platform()),
                users_defined=parts.access.has_users,
                username=caller.username,
                role=caller.role.value,
                is_admin=caller.is_admin,
                by_proxy=caller.vouched_for,
                space=Disk.of(parts.space.now()),
                stores=[Store.of(each, with_address=caller.is_admin) for each in stores],
                engines_seen=[Engine.of(each) for each in parts.engines_seen() if caller.is_admin],
            )
        )


def operations(parts: Parts) -> Iterator[Operation]:
    calls = SystemCalls(parts)
    yield Operation(
        "GET", "/system", calls.system, _GROUP, "The service: version, disk, stores, caller.", System, any_token=True
    )
    yield Operation(
        "GET",
        "/icons/{key}",
        calls.icon,
        _GROUP,
        "Our copy of an icon that a catalog or Docker Hub names.",
        str,
        "PNG, JPEG, GIF, WebP, ICO, or an SVG made harmless. Rows name it in `icon_url`.",
        (path_part("key", "The last part of an `icon_url`."),),
        errors=(404,),
        media="image/*",
    )
