"""Sessions and users."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from imagedepot.api.rows.values import moment
from imagedepot.service.access.access import Caller, User


def session_row(caller: Caller) -> dict[str, Any]:
    """`logintime` is UTC, written as the original service did."""
    return {
        "anonymous": caller.anonymous,
        "isAdmin": caller.is_admin,
        "logintime": caller.login.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "username": caller.username,
    }


def user_row(user: User) -> dict[str, Any]:
    return {"username": user.username, "is_admin": user.is_admin, "created": moment(user.created)}
