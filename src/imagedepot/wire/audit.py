"""Events of the audit trail on the wire, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated

from imagedepot.model.access.audit import AuditEvent, AuditOutcome
from imagedepot.wire.v1.base import Answer, about, moment

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class AuditEntry(Answer):
    """Who did what, when, from where, and how it ended."""

    id: str
    time: datetime
    actor: Annotated[str, about("The user; the name that was given for a login; `local` for the control socket.")]
    token: Annotated[str, about("The `id` of the access token that was used, or nothing.")]
    address: Annotated[str, about("Where it came from.")]
    action: Annotated[str, about("Such as `user.add`, `image.push` or `login`.")]
    target: Annotated[str, about("What it was done to.")]
    outcome: AuditOutcome
    detail: Annotated[str, about("What was asked for.")]
    error: Annotated[str, about("Why it was not done.")]
    request: Annotated[str, about("The request's id, as in `X-Request-Id` and in the log.")]

    @classmethod
    def of(cls, event: AuditEvent) -> AuditEntry:
        return cls(
            id=str(event.id),
            time=moment(event.time),
            actor=event.actor,
            token=event.token,
            address=event.address,
            action=event.action,
            target=event.target,
            outcome=event.outcome,
            detail=event.detail,
            error=event.error,
            request=event.request,
        )


def csv_lines(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """Entries, as their JSON has them, as CSV (RFC 4180), with a first line of titles.

    A text that a spreadsheet would take for a formula has an apostrophe before it: names come from strangers.
    """
    yield _line(AuditEntry.__struct_fields__)
    for row in rows:
        yield _line(_harmless(str(value)) for value in row.values())


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: Iterable[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()
