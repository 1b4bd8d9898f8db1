"""A cache of an upstream's answers, with one request for many callers, and old answers while the upstream is down.

A caller never waits long for a newer answer while there is an old one; callers for the same missing answer share one
request.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, DepotError, TimedOut, Unavailable

_log = logging.getLogger(__name__)

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

_LONGEST_PAUSE = 900.0
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class CachedValue(Generic[T]):
    """An answer. `stale`: older than its lifetime, while the upstream gives nothing newer."""

    value: T
    stale: bool


@dataclass(frozen=True, slots=True)
class _Entry(Generic[T]):
    value: T
    fresh_until: float


@dataclass(frozen=True, slots=True)
class _Pause:
    """Why the upstream is not asked, and until when."""

    error: DepotError
    until: float


@dataclass(slots=True)
class _Flight(Generic[T]):
    """One request under way."""

    since: float
    flag: Cancellation = field(default_factory=Cancellation)
    waiting: int = 0
    done: threading.Event = field(default_factory=threading.Event)
    value: T | None = None
    error: BaseException | None = None


class Cached(Generic[K, T]):
    """`ask(key, cancellation)` is called in a thread of its own, for each key once at a time; it is cancelled when
    everybody who waits for its answer has been.

    `lifetime` of an answer; `patience`: how long a caller waits for a newer one while there is an old one; `pause`:
    how long a failed upstream is left alone where it does not say itself (all in seconds). `capacity` in answers.
    """

    def __init__(
        self,
        ask: Callable[[K, Cancellation], T],
        *,
        lifetime: float,
        patience: float = 3.0,
        pause: float = 30.0,
        capacity: int = 64,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._lifetime = lifetime
        self._patience = patience
        self._pause = pause
        self._capacity = capacity
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: OrderedDict[K, _Entry[T]] = OrderedDict()
        self._pauses: dict[K, _Pause] = {}
        self._flights: dict[K, _Flight[T]] = {}

    def get(self, key: K, cancellation: Cancellation | None = None) -> CachedValue[T]:
        """Raises the upstream's `DepotError` when there is no answer at all, and `Cancelled`."""
        with self._lock:
            now = self._clock()
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
                if now < entry.fresh_until:
                    return CachedValue(entry.value, False)
            flight = self._flights.get(key)
            if flight is None:
                pause = self._pauses.get(key)
                if pause is not None and now < pause.until:
                    return _old(entry, pause.error)
                flight = self._start(key, now)
            patience = max(0.0, flight.since + self._patience - now) if entry is not None else None
            flight.waiting += 1
        if not self._wait(flight, patience, cancellation or Cancellation()):
            return _old(entry, TimedOut("The upstream does not answer in time"))
        if flight.error is None:
            assert flight.value is not None
            return CachedValue(flight.value, False)
        if isinstance(flight.error, DepotError):
            return _old(entry, flight.error)
        raise flight.error

    def _wait(self, flight: _Flight[T], patience: float | None, cancellation: Cancellation) -> bool:
        """Whether it is done, after `patience` seconds at most. Raises `Cancelled`."""
        end = math.inf if patience is None else time.monotonic() + patience
        end = min(end, cancellation.deadline)
        try:
            while not flight.done.wait(max(0.0, min(_LOOK_SECONDS, end - time.monotonic()))):
                cancellation.check()
                if time.monotonic() >= end:
                    return False
            return True
        finally:
            with self._lock:
                flight.waiting -= 1
                if cancellation.cancelled and not flight.waiting and not flight.done.is_set():
                    self._flights = {key: each for key, each in self._flights.items() if each is not flight}
                    flight.flag.cancel()

    def put(self, key: K, value: T, age: float) -> None:
        """Add an answer from elsewhere that is `age` seconds old."""
        with self._lock:
            self._keep(key, value, self._clock() - age)

    def _start(self, key: K, now: float) -> _Flight[T]:
        flight = _Flight[T](now)
        self._flights[key] = flight
        threading.Thread(target=self._fly, args=(key, flight), name="upstream", daemon=True).start()
        return flight

    def _fly(self, key: K, flight: _Flight[T]) -> None:
        try:
            flight.value = self._ask(key, flight.flag)
        except BaseException as error:  # noqa: BLE001 the waiting callers raise it
            flight.error = error
        with self._lock:
            now = self._clock()
            if self._flights.get(key) is flight:
                del self._flights[key]
            self._pauses.pop(key, None)
            if flight.error is None and flight.value is not None:
                self._keep(key, flight.value, now)
            elif isinstance(flight.error, DepotError) and not isinstance(flight.error, Cancelled):
                self._rest(key, flight.error, now)
        flight.done.set()

    def _keep(self, key: K, value: T, since: float) -> None:
        self._entries[key] = _Entry(value, since + self._lifetime)
        self._entries.move_to_end(key)
        while len(self._entries) > self._capacity:
            self._entries.popitem(last=False)

    def _rest(self, key: K, error: DepotError, now: float) -> None:
        """Pause requests: when there is an old answer, or the upstream asked for it."""
        asked = error.retry_after if isinstance(error, Unavailable) else None
        if key in self._entries:
            _log.warning("the last known answer stands in: %s", error)
            self._pauses[key] = _Pause(error, now + (self._pause if asked is None else min(asked, _LONGEST_PAUSE)))
        elif asked is not None:
            self._pauses[key] = _Pause(error, now + min(asked, self._pause))
        while len(self._pauses) > self._capacity:
            self._pauses.pop(next(iter(self._pauses)))


def _old(entry: _Entry[T] | None, error: DepotError) -> CachedValue[T]:
    """The old answer. Without one, raises `error`."""
    if entry is None:
        # Each waiter raises its own: a traceback grows on the one that is raised.
        raise _again(error) from error
    return CachedValue(entry.value, True)


def _again(error: DepotError) -> DepotError:
    same = error.__class__.__new__(error.__class__)
    same.args = error.args
    same.__dict__.update(error.__dict__)
    return same
