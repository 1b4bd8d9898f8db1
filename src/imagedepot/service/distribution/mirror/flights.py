"""Runs work that waits for an upstream: each piece once for all its callers, in threads of that upstream."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Unavailable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Flight(Generic[T]):
    """One piece of work that several may wait for; `began` by `time.monotonic`."""

    result: Future[T]
    began: float

    @property
    def age(self) -> float:
        return time.monotonic() - self.began


class Flights(Generic[T]):
    """`workers` for each upstream, and a line of at most `most_waiting` before them; `seconds` for each piece."""

    def __init__(self, workers: int, most_waiting: int, seconds: float | None = None) -> None:
        self._workers = workers
        self._most_waiting = most_waiting
        self._seconds = seconds
        self._lock = threading.Lock()
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._running: dict[Hashable, Flight[T]] = {}
        self._lines: dict[str, int] = {}
        self._all = Cancellation()

    def start(self, host: str, key: Hashable, work: Callable[[Cancellation], T]) -> Flight[T]:
        """Join the flight under way, or start one. Raises `Unavailable` where too many are waiting for the upstream."""
        with self._lock:
            running = self._running.get(key)
            if running is not None:
                return running
            if self._lines.get(host, 0) >= self._workers + self._most_waiting:
                raise Unavailable(f"Too many requests wait for {host} already", retry_after=5)
            self._lines[host] = self._lines.get(host, 0) + 1
            if host not in self._pools:
                self._pools[host] = ThreadPoolExecutor(self._workers, f"mirror-{host}")
            flight = self._running[key] = Flight(Future(), time.monotonic())
            self._pools[host].submit(self._run, host, key, flight, work)
            return flight

    def close(self) -> None:
        """End what is under way; what waits in line fails."""
        self._all.cancel()
        for pool in self._pools.values():
            pool.shutdown(wait=True)

    def _run(self, host: str, key: Hashable, flight: Flight[T], work: Callable[[Cancellation], T]) -> None:
        try:
            self._all.check()
            if self._seconds is None:
                result = work(self._all)
            else:
                with self._all.within(self._seconds) as cancellation:
                    result = work(cancellation)
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self._end(host, key)
            flight.result.set_exception(error)
        else:
            self._end(host, key)
            flight.result.set_result(result)

    def _end(self, host: str, key: Hashable) -> None:
        with self._lock:
            del self._running[key]
            self._lines[host] -= 1
