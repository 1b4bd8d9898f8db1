"""Logins at registries, and Docker Hub's limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imagedepot.api.rows.values import moment

if TYPE_CHECKING:
    from imagedepot.remote.oci.limits import Limits
    from imagedepot.remote.oci.login import Login


def login_row(host: str, login: Login) -> dict[str, Any]:
    return {"host": host, "username": login.username, "source": login.source}


def limits_row(limits: Limits) -> dict[str, Any]:
    return {
        "limit": limits.limit,
        "remaining": limits.remaining,
        "window": limits.window,
        "resets": moment(limits.resets),
        "source": limits.source,
    }
