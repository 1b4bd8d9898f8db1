"""The latest requests to `/v2/`, which show a person whether a client that was just configured works."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

_MOST = 20
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """The latest request of one client. `number` counts all requests since the start of the service."""

    number: int
    time: datetime
    address: str
    agent: str
    request: str
    status: int


class ClientRequests:
    """Keeps the latest request of each client, told apart by address and program."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._count = 0
        self._latest: OrderedDict[tuple[str, str], ClientRequest] = OrderedDict()

    def note(self, address: str, agent: str, request: str, status: int) -> None:
        """`request` is its method and address: `GET /v2/library/redis/manifests/7`."""
        agent, request = agent[:_LONGEST], request[:_LONGEST]
        with self._lock:
            self._count += 1
            self._latest[address, agent] = ClientRequest(self._count, self._now(), address, agent, request, status)
            self._latest.move_to_end((address, agent))
            if len(self._latest) > _MOST:
                self._latest.popitem(last=False)

    def latest(self) -> Sequence[ClientRequest]:
        """The latest requests, newest first."""
        with self._lock:
            return list(reversed(self._latest.values()))
