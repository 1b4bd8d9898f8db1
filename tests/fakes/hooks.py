"""A receiver of messages over HTTP: it keeps what it is sent, and answers as it is told."""

from __future__ import annotations

import json
import threading
from typing import Any

from tests.fakes.message import Answer, Gate, Headers, Hold, Request, Wire
from tests.fakes.server import Server


class HookServer(Server):
    """`status` and `headers` of its answers; while `gate` is set, they stand there."""

    def __init__(self) -> None:
        super().__init__()
        self.status = 200
        self.headers: Headers = ()
        self.gate: Gate | None = None
        self.got: list[Request] = []
        self.came = threading.Event()

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(each.body) for each in self.got]

    def respond(self, request: Request) -> Answer:
        self.got.append(request)
        self.came.set()
        wire = Wire(holds=(Hold(self.gate),)) if self.gate else Wire()
        return Answer(self.status, self.headers, wire=wire)
