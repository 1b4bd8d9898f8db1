"""Settings, as people change them while the service runs."""

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
from imagedepot.wire.v1.settings import Setting, SettingChange

_GROUP = "Settings"
_SETTING = path_part("setting", "Name of the setting, such as `IMAGEDEPOT_BANDWIDTH`.")


_PARTLY = "Who is no administrator gets those alone that say nothing of this host."
_FOR_EVERYBODY = frozenset(
    f"IMAGEDEPOT_{name}" for name in ("PLATFORM", "MAX_DOWNLOADS", "BANDWIDTH", "KEEP_BLOBS", "LOG_LEVEL")
)


class SettingCalls:
    def __init__(self, parts: Parts) -> None:
        self._settings = parts.settings
        self._threads = parts.threads

    async def list(self, request: Request) -> Response:
        """Answer with the settings; callers who are not administrators do not see those that describe this host."""
        is_admin = caller_of(request).is_admin
        return answer([Setting.of(each) for each in self._settings.all() if is_admin or each.name in _FOR_EVERYBODY])

    async def put(self, request: Request) -> Response:
        name, value = request.path_params["setting"], (await body.read_json(request, SettingChange)).value
        detail(request, f"value={value}")
        return answer(Setting.of(await self._threads.local(self._settings.put, name, value)))

    async def reset_all(self, request: Request) -> Response:
        return answer([Setting.of(each) for each in await self._threads.local(self._settings.reset_all)])

    async def reset(self, request: Request) -> Response:
        return answer(Setting.of(await self._threads.local(self._settings.reset, request.path_params["setting"])))


def operations(parts: Parts) -> Iterator[Operation]:
    calls = SettingCalls(parts)
    yield Operation("GET", "/settings", calls.list, _GROUP, "Every setting, and who set it.", list[Setting], _PARTLY)
    yield Operation(
        "PUT",
        "/settings/{setting}",
        calls.put,
        _GROUP,
        "Change a setting.",
        Setting,
        "What the command line or the environment sets cannot be changed here.",
        (_SETTING,),
        SettingChange,
        errors=(404, 409, 507),
    )
    yield Operation(
        "DELETE",
        "/settings/{setting}",
        calls.reset,
        _GROUP,
        "Back to what the file says, else to the default.",
        Setting,
        "A stored setting that this version does not know is forgotten.",
        parameters=(_SETTING,),
        errors=(404, 409, 507),
    )
    yield Operation(
        "DELETE",
        "/settings",
        calls.reset_all,
        _GROUP,
        "Reset every setting that was changed at run time; answers those that were.",
        list[Setting],
        errors=(507,),
    )
