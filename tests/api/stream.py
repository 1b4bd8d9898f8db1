"""Reading server-sent events as a browser does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.api.face import Face
from tests.api.in_process import Exchange

EVENTS = "/downloads/events"


@dataclass(frozen=True)
class Event:
    """`name` is nothing for a comment."""

    name: str
    data: Any


class Reader:
    """`next()` waits for the next event; None at the end of the stream."""

    def __init__(self, response: Exchange) -> None:
        self.response = response

    def next(self) -> Event | None:
        name, data = "", ""
        while line := self.response.readline():
            text = line.decode().rstrip("\n")
            if text.startswith("event: "):
                name = text.removeprefix("event: ")
            elif text.startswith("data: "):
                data += text.removeprefix("data: ")
            elif not text:
                return Event(name, json.loads(data) if data else None)
        return None

    def until(self, name: str, **wanted: Any) -> Event:
        """The first such event whose data has these values."""
        for event in self:
            if event.name == name and all(event.data.get(key) == value for key, value in wanted.items()):
                return event
        raise AssertionError(f"the stream ended without {name} {wanted}")

    def __iter__(self) -> Iterator[Event]:
        while (event := self.next()) is not None:
            yield event


@contextmanager
def events(face: Face, query: str = "") -> Iterator[Reader]:
    with face.opened("GET", EVENTS + query) as response:
        assert (response.status, response.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        yield Reader(response)
