"""A server that gives the answers it was told, in order; the last one for ever."""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes.message import Answer, Request
from tests.fakes.server import Server

Step = Answer | Callable[[Request], Answer]


class Scripted(Server):
    def __init__(self, *script: Step) -> None:
        super().__init__()
        self._script = list(script)

    def respond(self, request: Request) -> Answer:
        step = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        return step if isinstance(step, Answer) else step(request)
