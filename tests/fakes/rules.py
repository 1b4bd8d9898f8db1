"""Which fault strikes which request, how often: faults are switched on and off while the fake runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.fakes.message import Answer, Request

BLOBS = "/v2/*/blobs/*"
MANIFESTS = "/v2/*/manifests/*"
TAGS = "/v2/*/tags/list"


@dataclass(frozen=True)
class Fault:
    """One misbehaviour: answer in place of the upstream, change what it is asked, or change what it said."""

    name: str
    instead: Callable[[Request], Answer] | None = None
    ask: Callable[[Request], Request] | None = None
    change: Callable[[Request, Answer], Answer] | None = None

    def __str__(self) -> str:
        return self.name


class Rule:
    """A fault and the requests that it strikes; `used` counts them."""

    def __init__(
        self,
        fault: Fault,
        path: str,
        method: str | None,
        times: int | None,
        skip: int,
        when: Callable[[Request], bool] | None,
    ) -> None:
        self.fault, self.path, self.method = fault, path, method
        self.used = 0
        self._times, self._skip, self._when = times, skip, when
        self._lock = threading.Lock()

    def strikes(self, request: Request) -> bool:
        """Whether this request is struck (and count it)."""
        if not fnmatchcase(request.path, self.path) or self.method not in (None, request.method):
            return False
        if self._when and not self._when(request):
            return False
        with self._lock:
            if self._skip:
                self._skip -= 1
                return False
            if self._times is not None and self.used >= self._times:
                return False
            self.used += 1
            return True

    def __str__(self) -> str:
        return f"{self.fault.name} on {self.method or 'any method'} {self.path}, used {self.used} times"


class Rules:
    """The faults of one fake that are switched on."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def inject(
        self,
        fault: Fault,
        path: str = "*",
        *,
        method: str | None = None,
        times: int | None = None,
        skip: int = 0,
        when: Callable[[Request], bool] | None = None,
    ) -> Rule:
        """Switch a fault on for paths that match the glob (`*` crosses slashes).

        `times`: how often (None: every time), after `skip` requests that pass unharmed. The first injected
        comes first: its answer stands, and later ones may still change it.
        """
        rule = Rule(fault, path, method, times, skip, when)
        self._rules = [*self._rules, rule]
        return rule

    def remove(self, rule: Rule) -> None:
        """Switch one off."""
        self._rules = [r for r in self._rules if r is not rule]

    def clear(self) -> None:
        """Switch all off."""
        self._rules = []

    def apply(self, request: Request, answer: Callable[[Request], Answer]) -> Answer:
        """Answer a request, with every fault that strikes it."""
        faults = [rule.fault for rule in self._rules if rule.strikes(request)]
        instead = next((fault.instead for fault in faults if fault.instead), None)
        for fault in faults:
            if fault.ask:
                request = fault.ask(request)
        answered = instead(request) if instead else answer(request)
        for fault in faults:
            if fault.change:
                answered = fault.change(request, answered)
        return answered
