"""What the objects of `/api/v1` share: base classes, the shape of a failure, how times and sizes are written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias, overload

import msgspec
from msgspec import Meta

from imagedepot.model.depot import DepotId


def about(text: str, **more: Any) -> Meta:
    """Describe a key in the OpenAPI document; `more` are further constraints of `msgspec.Meta`."""
    return Meta(description=text, **more)


Bytes: TypeAlias = Annotated[int, Meta(ge=0)]
Count: TypeAlias = Annotated[int, Meta(ge=0)]
DepotName: TypeAlias = Annotated[DepotId, Meta(extra_json_schema={"$ref": "#/components/schemas/DepotName"})]
"""A depot's id. The OpenAPI document lists the ids that the service has (`api/http/openapi.py`)."""


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """An object that the service sends: always with all of its keys, and no others."""


class Body(msgspec.Struct):
    """An object that a client sends. Keys that are not known are ignored; null stands for a missing key."""


class Nothing(Answer):
    """An empty object: it is done, or has begun."""


@overload
def moment(time: datetime) -> datetime: ...


@overload
def moment(time: datetime | None) -> datetime | None: ...


def moment(time: datetime | None) -> datetime | None:
    """The time in UTC, to the second: encoded as RFC 3339, `2026-11-23T20:00:00Z`."""
    return None if time is None else time.astimezone(UTC).replace(microsecond=0)


def plain(answer: Answer) -> dict[str, Any]:
    """The answer as the object that a client reads from its JSON."""
    built: dict[str, Any] = msgspec.to_builtins(answer)
    return built


class ErrorFacts(Answer):
    """Why a call failed."""

    code: Annotated[int, about("The HTTP status once more.")]
    reason: Annotated[str, about("A stable word for programs, such as `rate_limited`; see the table of reasons.")]
    message: Annotated[str, about("One sentence for a person: what, which and why.")]


class Error(Answer):
    """Every failure has this shape."""

    error: ErrorFacts

    @classmethod
    def of(cls, code: int, reason: str, message: str) -> Error:
        """`code` is the HTTP status, `reason` the failure's `code` in `imagedepot.errors`."""
        return cls(error=ErrorFacts(code=code, reason=reason, message=message))
