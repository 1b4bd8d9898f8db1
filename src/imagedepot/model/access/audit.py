"""The audit trail: who did what, when, from where, and how it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self, TypeAlias

from imagedepot.model.text.texts import without_logins

OWNER = "local"
LOGIN = "login"
"""Logins have an action of their own wherever they happen; the others' names are those of the faces."""


class AuditOutcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"  # the caller may not do it, or is not known
    FAILED = "failed"

    @classmethod
    def of(cls, status: int) -> AuditOutcome:
        """The outcome that an HTTP status means."""
        if status < 400:
            return cls.DONE
        return cls.REFUSED if status in (401, 403, 421, 429) else cls.FAILED


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """`actor` is a user's name, `local` for the owner of the data folder, or the name that a refused login gave;
    `token` the id of an access token, "" for none. `action` is such as `user.add`; `target` what it was done to;
    `detail` what was asked for; `error` why it was not done. `request` is the request's id. `id` is 0 before the event
    is kept.
    """

    time: datetime
    actor: str
    token: str
    address: str
    action: str
    target: str
    outcome: AuditOutcome
    detail: str = ""
    error: str = ""
    request: str = ""
    id: int = 0

    @classmethod
    def by_owner(cls, action: str, target: str, error: str = "") -> Self:
        """What the owner of the data folder does now, in a process on this machine; without the logins in addresses."""
        outcome = AuditOutcome.FAILED if error else AuditOutcome.DONE
        target, error = without_logins(target), without_logins(error)
        return cls(datetime.now(UTC), OWNER, "", "", action, target, outcome, error=error)


Recorder: TypeAlias = Callable[[AuditEvent], None]
"""Keeps an event; never waits, and never fails."""


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which events: all that are given have to fit. `action` also fits those that it is the first word of (`user` fits
    `user.add`); `text` is a part of target, detail or error, in any case; `before` is an id. Times are UTC.
    """

    actor: str = ""
    action: str = ""
    outcome: AuditOutcome | None = None
    address: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
