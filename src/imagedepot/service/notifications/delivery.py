"""The thread of one channel: it waits until something is due, sends it, and keeps in rows what has not arrived.

A receiver that hangs holds up nothing but its own channel.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, DepotError, StorageFailure, Unavailable
from imagedepot.model.notices.notification import Channel, Notice
from imagedepot.protocols.notifications import NotificationRows, Sender
from imagedepot.service.notifications.schedule import Batch, Schedule
from imagedepot.service.notifications.wording import worded

SEND_SECONDS = 30.0
"""The longest that one message may take."""
_log = logging.getLogger(__name__)


class Delivery:
    """`make_sender` may raise a `DepotError`. Call `start` once, `close` at the end."""

    def __init__(
        self,
        channel: Channel,
        make_sender: Callable[[], Sender],
        rows: NotificationRows,
        waiting: Sequence[Notice],
        now: Callable[[], datetime],
    ) -> None:
        self._channel = channel
        self._make_sender = make_sender
        self._rows = rows
        self._now = now
        self._schedule = Schedule(waiting, random.random)
        self._changed = threading.Condition()
        self._closing = False
        self._cancellation = Cancellation()
        self._thread = threading.Thread(target=self._run, name=f"notifications-{channel.id}", daemon=True)
        self.sent, self.error = channel.sent, channel.error

    @property
    def waiting(self) -> int:
        with self._changed:
            return len(self._schedule)

    def start(self) -> None:
        self._thread.start()

    def add(self, notice: Notice) -> None:
        with self._changed:
            dropped = self._schedule.add(notice)
            self._changed.notify()
        if dropped is not None and dropped.id:
            self._record(lambda: self._rows.forget([dropped.id]))

    def look(self) -> None:
        """Look at the clock again."""
        with self._changed:
            self._changed.notify()

    def note(self, sent: datetime | None, error: str) -> None:
        """Save when the latest message arrived, or why it did not."""
        self.sent, self.error = sent, error
        self._record(lambda: self._rows.note(self._channel.id, sent, error))

    def stop(self) -> None:
        """End what is being sent, and begin nothing more. What waits stays in its rows."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._cancellation.cancel()

    def join(self, seconds: float) -> None:
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            try:
                self._deliver(batch)
            except Cancelled:
                return

    def _next(self) -> Batch | None:
        """Wait for the next batch that is due; None at the end."""
        with self._changed:
            while not self._closing:
                batch = self._schedule.take(self._now())
                if batch is not None:
                    self._cancellation = Cancellation(SEND_SECONDS, time.monotonic() + SEND_SECONDS)
                    return batch
                self._changed.wait(self._schedule.seconds_left(self._now()))
        return None

    def _deliver(self, batch: Batch) -> None:
        """Raises `Cancelled`."""
        self._record(lambda: self._rows.assign(batch.ids, batch.id))
        try:
            self._make_sender().send(worded(batch, self._now()), self._cancellation)
        except Cancelled:
            raise
        except DepotError as error:
            self._failed(batch, str(error), error.retry_after if isinstance(error, Unavailable) else None)
        except Exception:  # noqa: BLE001 - a channel that dies silently would keep its notices for ever
            _log.exception("notifications to %s broke", self._channel.name)
            self._failed(batch, "An internal error; the log of the service tells more", None)
        else:
            with self._changed:
                self._schedule.arrived(self._now())
            self._record(lambda: self._rows.forget(batch.ids))
            self.note(self._now(), "")

    def _failed(self, batch: Batch, reason: str, wait: float | None) -> None:
        with self._changed:
            given_up = self._schedule.failed(self._now(), wait)
        more = "; given up" if given_up else ""
        _log.warning("notification to %s: %s%s", self._channel.name, reason, more)
        if given_up:
            self._record(lambda: self._rows.forget(batch.ids))
        if reason != self.error:
            self.note(self.sent, reason)

    def _record(self, change: Callable[[], None]) -> None:
        """Save the result of a message; a full disk must not stop the notification about it."""
        try:
            change()
        except StorageFailure as error:
            _log.error("notifications to %s: %s", self._channel.name, error)
