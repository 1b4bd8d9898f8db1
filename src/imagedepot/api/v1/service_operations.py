"""The operations of the service itself: sessions, users, settings, the disk, catalogs, registries."""

from __future__ import annotations

from collections.abc import Iterator

from imagedepot.api.http.operation import FORM, JSON, Operation, Parameter, Right, path_part
from imagedepot.api.http.schema import array, text
from imagedepot.api.shapes import service as shapes
from imagedepot.api.shapes.common import NOTHING
from imagedepot.api.v1.catalog_calls import CatalogCalls
from imagedepot.api.v1.registry_calls import RegistryCalls
from imagedepot.api.v1.services import Parts
from imagedepot.api.v1.session_calls import SessionCalls
from imagedepot.api.v1.setting_calls import SettingCalls
from imagedepot.api.v1.space_calls import SpaceCalls
from imagedepot.api.v1.system_calls import SystemCalls
from imagedepot.api.v1.user_calls import UserCalls

SESSION, USERS, SETTINGS, SPACE = "Session", "Users", "Settings", "Space"
CATALOGS, REGISTRIES, SYSTEM = "Catalogs", "Registries", "Service"

_USERNAME = path_part("username", "Name of the user.")
_SETTING = path_part("setting", "Name of the setting, such as `IMAGEDEPOT_BANDWIDTH`.")
_HOST = path_part("host", "`host[:port]`; `docker.io` is Docker Hub.")


def service_operations(parts: Parts) -> Iterator[Operation]:
    yield from _session(SessionCalls(parts))
    yield from _users(UserCalls(parts))
    yield from _settings(SettingCalls(parts))
    yield from _space(SpaceCalls(parts))
    yield from _catalogs(CatalogCalls(parts))
    yield from _registries(RegistryCalls(parts))
    yield from _system(SystemCalls(parts))


def _session(calls: SessionCalls) -> Iterator[Operation]:
    yield Operation(
        "POST",
        "/login",
        calls.login,
        SESSION,
        "Log in.",
        shapes.SESSION,
        "A form, or the same as JSON. The answer sets the session's cookie. While no user is defined, everybody is "
        "the administrator, whatever is sent.",
        body=shapes.LOGIN_BODY,
        errors=(429,),
        right=Right.OPEN,
        takes=(FORM, JSON),
    )
    yield Operation(
        "GET",
        "/login_refresh",
        calls.refresh,
        SESSION,
        "Renew the session.",
        shapes.SESSION,
    )
    yield Operation("PUT", "/logout", calls.logout, SESSION, "Log out.", shapes.LOGGED_OUT, right=Right.LOOK)


def _users(calls: UserCalls) -> Iterator[Operation]:
    yield Operation("GET", "/users", calls.list, USERS, "The users.", array(shapes.USER))
    yield Operation(
        "POST",
        "/users",
        calls.add,
        USERS,
        "Add a user.",
        shapes.USER,
        "From the first user on, every call but `POST /login` needs a session.",
        body=shapes.NEW_USER_BODY,
        errors=(409, 507),
    )
    yield Operation(
        "PATCH",
        "/users/{username}",
        calls.change,
        USERS,
        "Change a user's password or right.",
        shapes.USER,
        "For administrators; others change their own password, and tell the current one.",
        parameters=(_USERNAME,),
        body=shapes.USER_CHANGE_BODY,
        errors=(404, 409, 429, 507),
        right=Right.LOOK,
    )
    yield Operation(
        "DELETE",
        "/users/{username}",
        calls.remove,
        USERS,
        "Remove a user.",
        NOTHING,
        "The last administrator stays.",
        (_USERNAME,),
        errors=(404, 409, 507),
    )


def _settings(calls: SettingCalls) -> Iterator[Operation]:
    yield Operation("GET", "/settings", calls.list, SETTINGS, "Every setting, and who set it.", array(shapes.SETTING))
    yield Operation(
        "PUT",
        "/settings/{setting}",
        calls.put,
        SETTINGS,
        "Change a setting.",
        shapes.SETTING,
        "What the command line or the environment sets cannot be changed here.",
        (_SETTING,),
        shapes.SETTING_BODY,
        errors=(404, 409, 507),
    )
    yield Operation(
        "DELETE",
        "/settings/{setting}",
        calls.reset,
        SETTINGS,
        "Back to what the file says, else to the default.",
        shapes.SETTING,
        parameters=(_SETTING,),
        errors=(404, 409, 507),
    )


def _space(calls: SpaceCalls) -> Iterator[Operation]:
    yield Operation("GET", "/space", calls.usage, SPACE, "The disk: free, used, by which image.", shapes.SPACE)
    yield Operation(
        "POST",
        "/space/verify",
        calls.verify,
        SPACE,
        "Read everything again and name what is not what its digest says.",
        shapes.VERDICT,
        "Takes as long as reading takes.",
        body=shapes.VERIFY_BODY,
        errors=(507,),
    )
    yield Operation(
        "POST",
        "/space/cleanup",
        calls.clean_up,
        SPACE,
        "Free what no image and no download needs.",
        shapes.FREED,
        body=shapes.CLEANUP_BODY,
    )


def _catalogs(calls: CatalogCalls) -> Iterator[Operation]:
    rows = array(shapes.CATALOG)
    yield Operation("GET", "/catalogs", calls.list, CATALOGS, "The catalogs, in the order in which they count.", rows)
    yield Operation(
        "POST",
        "/catalogs",
        calls.add,
        CATALOGS,
        "Add a catalog.",
        rows,
        "It is read first; one that cannot be read is not added. Answers all catalogs.",
        body=shapes.CATALOG_BODY,
        errors=(404, 409, 422, 502, 503, 504, 507),
    )
    yield Operation(
        "DELETE",
        "/catalogs",
        calls.remove,
        CATALOGS,
        "Remove a catalog.",
        rows,
        "Answers those that stay.",
        (Parameter("address", "Of the catalog.", text(), required=True),),
        errors=(404, 409, 507),
    )
    yield Operation(
        "POST",
        "/catalogs/refresh",
        calls.refresh,
        CATALOGS,
        "Ask every catalog now.",
        rows,
        "One that fails says so in its row.",
    )


def _system(calls: SystemCalls) -> Iterator[Operation]:
    yield Operation(
        "GET", "/system", calls.system, SYSTEM, "The service: version, disk, stores, caller.", shapes.SYSTEM
    )
    yield Operation(
        "GET",
        "/icons/{key}",
        calls.icon,
        SYSTEM,
        "Our copy of an icon that a catalog or Docker Hub names.",
        text(),
        "PNG, JPEG, GIF, WebP, ICO, or an SVG made harmless. Rows name it in `icon_url`.",
        (path_part("key", "The last part of an `icon_url`."),),
        errors=(404,),
        media="image/*",
    )


def _registries(calls: RegistryCalls) -> Iterator[Operation]:
    yield Operation(
        "GET", "/registries", calls.list, REGISTRIES, "The logins that downloads use.", array(shapes.REGISTRY)
    )
    yield Operation(
        "PUT",
        "/registries/{host:path}",
        calls.log_in,
        REGISTRIES,
        "Check a login at its registry, and save it.",
        shapes.REGISTRY,
        parameters=(_HOST,),
        body=shapes.REGISTRY_BODY,
        errors=(502, 503, 504, 507),
    )
    yield Operation(
        "DELETE",
        "/registries/{host:path}",
        calls.log_out,
        REGISTRIES,
        "Forget a login.",
        NOTHING,
        parameters=(_HOST,),
        errors=(404, 507),
    )
    yield Operation(
        "GET", "/limits", calls.limits, REGISTRIES, "How many pulls Docker Hub has left for us.", shapes.LIMITS
    )
