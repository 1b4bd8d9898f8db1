"""The audit trail: a page of it, and all of it as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from imagedepot.api.http.answers import HEADERS, answer, encoded
from imagedepot.api.http.operation import JSON, Operation, Parameter
from imagedepot.api.services import Parts
from imagedepot.model.access.audit import AuditEvent, AuditOutcome
from imagedepot.model.access.role import Role
from imagedepot.service.audit.query import parse_query
from imagedepot.service.finding.list_query import whole_number
from imagedepot.wire.audit import AuditEntry, csv_lines
from imagedepot.wire.v1.base import plain

_GROUP = "Audit"
_USUAL_LIMIT, _LARGEST_LIMIT = 100, 1000
_CSV = "text/csv"
_AT_ONCE = 100  # rows of a piece of a file
_FILTERS = (
    Parameter("actor", "A user's name."),
    Parameter("action", "An action, such as `user.add`, or the first word of several, such as `user`."),
    Parameter("outcome", "How it ended.", AuditOutcome),
    Parameter("address", "Where it came from."),
    Parameter("text", "A part of target, detail or error, in any case."),
    Parameter("since", "A date or a time; events from then on."),
    Parameter("until", "A date, which counts as a whole, or a time; events before that."),
)


class AuditCalls:
    def __init__(self, parts: Parts) -> None:
        self._trail = parts.audit
        self._threads = parts.threads

    async def page(self, request: Request) -> Response:
        texts = request.query_params
        limit = whole_number("limit", texts.get("limit", str(_USUAL_LIMIT)), _LARGEST_LIMIT)
        events = await self._threads.local(self._trail.find, parse_query(texts), limit)
        return answer([AuditEntry.of(each) for each in events])

    async def as_csv(self, request: Request) -> Response:
        events = self._trail.every(parse_query(request.query_params))
        lines = csv_lines(plain(AuditEntry.of(each)) for each in events)
        return _file((line.encode("utf-8", "replace") for line in lines), f"{_CSV}; charset=utf-8", "csv")

    async def as_json(self, request: Request) -> Response:
        return _file(_array(self._trail.every(parse_query(request.query_params))), JSON, "json")


def _array(events: Iterator[AuditEvent]) -> Iterator[bytes]:
    before = b"["
    for event in events:
        yield before + encoded(AuditEntry.of(event))
        before = b",\n"
    yield b"]" if before != b"[" else b"[]"


def _file(pieces: Iterator[bytes], media: str, suffix: str) -> Response:
    """The events as a file to download; threads read it piece by piece while the client takes it."""
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="imagedepot-audit.{suffix}"'}
    return StreamingResponse(_larger(pieces), 200, headers, media)


def _larger(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Join small pieces into larger ones, since each piece takes a turn of a thread."""
    gathered: list[bytes] = []
    for piece in pieces:
        gathered.append(piece)
        if len(gathered) == _AT_ONCE:
            yield b"".join(gathered)
            gathered.clear()
    yield b"".join(gathered)


def operations(parts: Parts) -> Iterator[Operation]:
    calls = AuditCalls(parts)
    yield Operation(
        "GET",
        "/audit",
        calls.page,
        _GROUP,
        "The audit trail, newest first.",
        list[AuditEntry],
        "Logins and changes, done, refused or failed, for as long as `IMAGEDEPOT_AUDIT_DAYS` says.",
        (
            *_FILTERS,
            Parameter("limit", "Rows of a page.", Annotated[int, Meta(ge=1, le=_LARGEST_LIMIT)]),
            Parameter("before", "The `id` of the last row of the page before.", str),
        ),
        role=Role.ADMIN,
    )
    yield Operation(
        "GET",
        "/audit/csv",
        calls.as_csv,
        _GROUP,
        "All that fits, as a CSV file.",
        str,
        parameters=_FILTERS,
        role=Role.ADMIN,
        media=_CSV,
    )
    yield Operation(
        "GET",
        "/audit/json",
        calls.as_json,
        _GROUP,
        "All that fits, as one JSON list.",
        list[AuditEntry],
        parameters=_FILTERS,
        role=Role.ADMIN,
    )
