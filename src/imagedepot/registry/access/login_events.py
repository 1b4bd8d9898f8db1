"""Logins at `/v2/` for the audit trail. Clients send their password with every pull, so a login counts once an hour."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime

from imagedepot.model.access.audit import LOGIN, AuditEvent, AuditOutcome, Recorder
from imagedepot.service.monitoring.request import request_id

_HOUR = 3600.0
_MOST = 1000
_DETAIL = "registry"


class LoginEvents:
    """Remembers who logged in from where."""

    def __init__(self, record: Recorder, clock: Callable[[], float] = time.monotonic) -> None:
        self._record = record
        self._clock = clock
        self._until: OrderedDict[tuple[str, str], float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._until)

    def succeeded(self, username: str, address: str) -> None:
        now, key = self._clock(), (username, address)
        if self._until.get(key, 0.0) > now:
            return
        self._until[key] = now + _HOUR
        self._until.move_to_end(key)
        if len(self._until) > _MOST:
            self._until.popitem(last=False)
        self._write(username, address, AuditOutcome.DONE)

    def refused(self, username: str, address: str, why: str) -> None:
        self._write(username, address, AuditOutcome.REFUSED, why)

    def _write(self, username: str, address: str, outcome: AuditOutcome, error: str = "") -> None:
        now = datetime.now(UTC)
        self._record(AuditEvent(now, username, "", address, LOGIN, "", outcome, _DETAIL, error, request_id()))
