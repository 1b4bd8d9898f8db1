"""Counts requests, bytes and failures of upstreams, by upstream."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from imagedepot.errors import DepotError, RateLimited, UpstreamError

_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class TrafficFigures:
    """`requests` by upstream and outcome (`2xx` … `5xx`, or `failed` without an answer); `received` bytes of bodies by
    upstream; `errors` by upstream and reason (the `code` of an error)."""

    requests: Mapping[tuple[str, str], int]
    received: Mapping[str, int]
    errors: Mapping[tuple[str, str], int]


class Traffic:
    """Counts since the start of the service; safe for many threads.

    `name_of` returns the upstream that a `host[:port]` belongs to: one of those that the settings name, or `other`.
    """

    def __init__(self, name_of: Callable[[str], str]) -> None:
        self._name_of = name_of
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str]] = Counter()
        self._received: Counter[str] = Counter()
        self._errors: Counter[tuple[str, str]] = Counter()
        self._failures: dict[str, str] = {}

    def answered(self, host: str, status: int) -> None:
        name = self._name_of(host)
        reason = RateLimited.code if status == _TOO_MANY else UpstreamError.code if status >= 500 else ""
        with self._lock:
            self._requests[name, f"{status // 100}xx" if 100 <= status < 600 else "failed"] += 1
            if reason:
                self._errors[name, reason] += 1
            self._failures[name] = f"{host} answered {status}" if reason else ""

    def failed(self, host: str, error: DepotError) -> None:
        name = self._name_of(host)
        with self._lock:
            self._requests[name, "failed"] += 1
            self._errors[name, error.code] += 1
            self._failures[name] = str(error)

    def received(self, host: str, count: int) -> None:
        name = self._name_of(host)
        with self._lock:
            self._received[name] += count

    @property
    def figures(self) -> TrafficFigures:
        with self._lock:
            return TrafficFigures(dict(self._requests), dict(self._received), dict(self._errors))

    @property
    def failures(self) -> Mapping[str, str]:
        """Why the last request to each upstream failed, "" if it did not; of those that were asked."""
        with self._lock:
            return dict(sorted(self._failures.items()))
