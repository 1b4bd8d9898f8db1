"""The request that the current task or thread works for: its id for logs, its route for figures."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass, field

OTHER = "other"
_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


def new_id() -> str:
    return secrets.token_hex(8)


@dataclass(slots=True)
class RequestNote:
    """`route` is the template of the address, such as `/api/v1/users/{username}`: one of a few, whatever is asked."""

    id: str = field(default_factory=new_id)
    route: str = OTHER


_current: ContextVar[RequestNote | None] = ContextVar("imagedepot_request", default=None)


def begin_request(id_: str = "") -> RequestNote:
    """Note a new request for the rest of this task, and for the threads that work for it.

    `id_` is what a proxy calls it; one that is not well-formed is replaced.
    """
    note = RequestNote(id_) if _WELL_FORMED.fullmatch(id_) else RequestNote()
    _current.set(note)
    return note


def request_id() -> str:
    """The id of the current request; "" for work that no request waits for."""
    note = _current.get()
    return note.id if note is not None else ""


def note_route(template: str) -> None:
    """Note which route answers the current request."""
    note = _current.get()
    if note is not None:
        note.route = template
