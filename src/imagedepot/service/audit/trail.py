"""Keeps the audit trail in rows, without delaying callers: a thread writes what was recorded.

While the database refuses, events wait in memory, up to a limit; how many were lost is an event of its own. The log has
each of them in any case.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from imagedepot.errors import StorageFailure
from imagedepot.files.limited_log import LimitedLog
from imagedepot.model.access.audit import AuditEvent, AuditOutcome, AuditQuery
from imagedepot.protocols.rows import AuditRows

MOST = 1_000_000
"""Events that are kept, whatever their age; what was refused or failed goes first."""
LOST = "audit.lost"
LEFT_OUT = "audit.left_out"
_MOST_WAITING = 20_000
_AT_ONCE = 500
_ATTEMPTS_A_MINUTE = 60
_RETRY_SECONDS = 5.0
_TIDY_SECONDS = 3600.0
_PAGE = 1000
_LONGEST = 500


class AuditTrail:
    """`days` returns for how many days events are kept; 0 keeps none. Call `start` once, `close` at the end.

    Of what was refused or failed, which strangers can cause, so much a minute is kept, and the rest is counted.
    """

    def __init__(
        self,
        rows: AuditRows,
        days: Callable[[], int],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        most: int = MOST,
        retry_seconds: float = _RETRY_SECONDS,
    ) -> None:
        self._rows = rows
        self._days = days
        self._now = now
        self._most = most
        self._retry_seconds = retry_seconds
        self._changed = threading.Condition()
        self._waiting: deque[AuditEvent] = deque()
        self._writing = 0
        self._lost = 0
        self._minute = 0
        self._attempts = 0
        self._is_closing = False
        self._is_tidy_due = True
        self._tidied = time.monotonic()
        self._log = LimitedLog(logging.getLogger(__name__))
        self._thread = threading.Thread(target=self._write, name="audit", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive() or self._is_closing

    def record(self, event: AuditEvent) -> None:
        """Note an event; it is written soon. Never waits for the disk, and never fails."""
        if self._days() <= 0:
            return
        with self._changed:
            if event.outcome is not AuditOutcome.DONE and not self._has_room_for_attempt(event.time):
                return
            self._note(_cut(event))

    def find(self, query: AuditQuery, limit: int) -> Sequence[AuditEvent]:
        """The newest matching events, newest first, including those just recorded. Raises `StorageFailure`."""
        self.flush(1.0)
        return self._rows.find(query, limit)

    def every(self, query: AuditQuery) -> Iterator[AuditEvent]:
        """All matching events, newest first, read page by page. Raises `StorageFailure`."""
        page = self.find(query, _PAGE)
        while page:
            yield from page
            page = self._rows.find(replace(query, before=page[-1].id), _PAGE)

    def tidy(self) -> None:
        """Soon delete what is too old, because the setting has changed."""
        with self._changed:
            self._is_tidy_due = True
            self._changed.notify_all()

    def flush(self, seconds: float) -> bool:
        """Wait until all that was recorded is written; whether it was."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._writing, seconds)

    def close(self, seconds: float = 1.0) -> None:
        """Write what waits, and end."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _note(self, event: AuditEvent) -> None:
        if len(self._waiting) >= _MOST_WAITING:
            self._lost += 1
            return
        self._waiting.append(event)
        self._changed.notify_all()

    def _has_room_for_attempt(self, moment: datetime) -> bool:
        minute = int(moment.timestamp()) // 60
        if minute != self._minute:
            left_out = self._attempts - _ATTEMPTS_A_MINUTE
            if left_out > 0:
                self._note(_own(moment, LEFT_OUT, AuditOutcome.REFUSED, f"{left_out} more attempts in one minute"))
            self._minute, self._attempts = minute, 0
        self._attempts += 1
        return self._attempts <= _ATTEMPTS_A_MINUTE

    def _write(self) -> None:
        while not self._has_ended():
            batch = self._next()
            is_written = self._try(partial(self._rows.add, batch)) if batch else True
            with self._changed:
                self._writing = 0
                if not is_written:
                    self._waiting.extendleft(reversed(batch))
                self._changed.notify_all()
                if not is_written:
                    if self._is_closing:
                        return
                    self._changed.wait_for(lambda: self._is_closing, self._retry_seconds)
            if is_written and self._is_tidy_due:
                self._is_tidy_due, self._tidied = False, time.monotonic()
                self._try(self._drop_old)

    def _has_ended(self) -> bool:
        with self._changed:
            return self._is_closing and not self._waiting

    def _next(self) -> Sequence[AuditEvent]:
        """Wait for events, for the end or for the next tidying; the events to write, which may be none."""
        with self._changed:
            left = self._tidied + _TIDY_SECONDS - time.monotonic()
            self._changed.wait_for(lambda: self._waiting or self._is_closing or self._is_tidy_due, max(0.0, left))
            self._is_tidy_due |= time.monotonic() - self._tidied >= _TIDY_SECONDS
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _AT_ONCE))]
            if self._lost and batch:
                lost, self._lost = self._lost, 0
                batch.append(_own(batch[-1].time, LOST, AuditOutcome.FAILED, f"{lost} events could not be kept"))
            self._writing = len(batch)
        return batch

    def _drop_old(self) -> None:
        self._rows.remove_before(self._now() - timedelta(days=self._days()))
        self._rows.keep_newest(self._most)

    def _try(self, work: Callable[[], object]) -> bool:
        try:
            work()
        except StorageFailure as error:
            self._log.warning("rows", f"the audit trail cannot be written now: {error}")
            return False
        return True


def _own(moment: datetime, action: str, outcome: AuditOutcome, detail: str) -> AuditEvent:
    """An event of the trail itself."""
    return AuditEvent(moment, "", "", "", action, "", outcome, detail)


def _cut(event: AuditEvent) -> AuditEvent:
    """With texts that fit into a row and on a line, whatever a request wrote."""
    return replace(
        event,
        actor=_plain(event.actor),
        address=_plain(event.address),
        target=_plain(event.target),
        detail=_plain(event.detail),
        error=_plain(event.error),
    )


def _plain(text: str) -> str:
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text[:_LONGEST])
