"""A clock that tests move, rows in memory, and a receiver that does as it is told."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from imagedepot.cancellation import Cancellation
from imagedepot.errors import DepotError
from imagedepot.model.notices.happening import Event, Happening
from imagedepot.model.notices.notification import Message

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


def happening(text: str, time: datetime = NOON, event: Event = Event.DOWNLOADED) -> Happening:
    return Happening(event, text, text, time)


class Receiver:
    """A sender whose receiver fails with `failure`, or hangs while `hangs`; `got` has what arrived."""

    def __init__(self) -> None:
        self.failure: DepotError | Exception | None = None
        self.hangs = False
        self.hanging = threading.Event()
        self.tried: list[Message] = []
        self.got: list[Message] = []

    def send(self, message: Message, cancellation: Cancellation) -> None:
        self.tried.append(message)
        if self.hangs:
            self.hanging.set()
            cancellation.wait(60)
        if self.failure is not None:
            raise self.failure
        self.got.append(message)

    @property
    def texts(self) -> list[list[str]]:
        return [[each.text for each in message.happenings] for message in self.got]
