"""Slows down guessing of passwords without locking out the user whose name is guessed.

Three counts, all of failures within an hour and all in memory alone:

- of a name at one address: after five failures the pair has to wait, 2 s and doubling, up to five minutes;
- of a browser that has logged in as that user before (it holds a signed cookie): the same, in place of the pair, so
  that whatever others do at its address or to its name costs it nothing;
- of a name at all addresses: beyond twenty failures each attempt is delayed, never refused. A known browser is not.

An attempt counts as failed from its beginning and is forgiven when it succeeds: many at once get no more tries than
one after the other. See "Device cookies" of OWASP for the idea.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from imagedepot.errors import TooManyLogins

_FREE = 5
_FIRST_WAIT = 2.0
_LONGEST_WAIT = 300.0
_UNDELAYED = 20
_FIRST_DELAY = 0.25
_LONGEST_DELAY = 4.0
_FORGOTTEN_AFTER = 3600.0
_MOST = 10_000
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Attempt:
    """A login under way.

    `source` is the address or the known browser that it comes from; `delay` seconds that it has to be held back before
    its password is checked. `failures`: how many there are now for each of `keys`, this attempt counted as one.
    """

    username: str
    address: str
    source: str
    keys: tuple[str, ...]
    failures: tuple[int, ...]
    delay: float = 0.0

    @property
    def notable(self) -> int:
        """The failures in a row that someone should hear of, if this attempt is one more; 0 for nothing new."""
        limits = zip(self.failures, (_FREE, _UNDELAYED), strict=False)
        return next((count for count, limit in limits if count == limit), 0)


class LoginThrottle:
    """Counts failed logins. At most `most` counts are kept; the least recently used goes first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = _MOST) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how many, and when the last was

    def __len__(self) -> int:
        return len(self._failures)

    def begin(self, username: str, address: str, browser: str = "") -> Attempt:
        """`browser` identifies one that is known to be the user's. Raises `TooManyLogins`."""
        name = username[:_LONGEST_NAME]
        if browser:
            source = f"browser {browser}"
            keys: tuple[str, ...] = (f"{source} as {name}",)
        else:
            source = network(address)
            keys = (f"{source} as {name}", f"as {name}")
        failures, delay = self._begin(*keys)
        return Attempt(username, address, source, keys, failures, delay)

    def confirm(self, username: str, address: str) -> Attempt:
        """Begin a check of a logged-in user's current password, with a count of its own. Raises `TooManyLogins`."""
        key = f"current password of {username[:_LONGEST_NAME]}"
        failures, delay = self._begin(key)
        return Attempt(username, address, key, (key,), failures, delay)

    def succeeded(self, attempt: Attempt) -> None:
        """Forget the failures of the pair or the browser; for the name, this attempt was not one."""
        with self._lock:
            self._failures.pop(attempt.keys[0], None)
            for key in attempt.keys[1:]:
                count, last = self._failures.get(key, (0, 0.0))
                if count > 1:
                    self._failures[key] = (count - 1, last)
                else:
                    self._failures.pop(key, None)

    def _begin(self, refused: str, delayed: str | None = None) -> tuple[tuple[int, ...], float]:
        """Count a failure for both keys; how many each has now, and the delay that those of `delayed` have earned."""
        now = self._clock()
        with self._lock:
            count, last = self._failed(refused, now)
            wait = last + _doubled(_FIRST_WAIT, count - _FREE, _LONGEST_WAIT) - now
            if wait > 0:
                raise TooManyLogins(int(wait) + 1)
            self._count(refused, count + 1, now)
            if delayed is None:
                return (count + 1,), 0.0
            failures, _ = self._failed(delayed, now)
            self._count(delayed, failures + 1, now)
        return (count + 1, failures + 1), _doubled(_FIRST_DELAY, failures - _UNDELAYED, _LONGEST_DELAY)

    def _failed(self, key: str, now: float) -> tuple[int, float]:
        count, last = self._failures.get(key, (0, now))
        return (0, now) if now - last > _FORGOTTEN_AFTER else (count, last)

    def _count(self, key: str, count: int, now: float) -> None:
        self._failures[key] = (count, now)
        self._failures.move_to_end(key)
        while len(self._failures) > self._most:
            self._failures.popitem(last=False)


def network(address: str) -> str:
    """The network that counts as one address: for IPv6 the /64, since one host may use all of it."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:_LONGEST_NAME]
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return str(parsed)


def _doubled(first: float, steps: int, longest: float) -> float:
    """0 before step 0, then `first`, doubled with each step, up to `longest`."""
    return 0.0 if steps < 0 else min(longest, first * 2.0 ** min(steps, 20))
