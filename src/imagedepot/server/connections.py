"""Tracks connections: caps over all of them and over those of one address.

A new connection is never refused. When a cap is reached, the oldest idle one is closed for it; only when none is idle,
the oldest that is still sending its request, and only then the oldest that is being answered.
"""

from __future__ import annotations

import logging
import resource
from collections.abc import Iterator
from enum import IntEnum
from ipaddress import IPv6Address, ip_address
from typing import Protocol

from imagedepot.files.limited_log import LimitedLog

_MOST = 16_384
_RESERVED = 1024


class Stage(IntEnum):
    """What a connection is doing, in the order in which connections are given up."""

    IDLE = 0  # no request, or the head of one is not complete yet
    RECEIVING = 1  # the body of a request
    ANSWERING = 2


class Connection(Protocol):
    """The interface of a connection to `Connections`."""

    def abort(self) -> None:
        """Close at once, without an answer."""

    def check(self, now: float) -> None:
        """Close when a time limit has passed; `now` is the event loop's time."""


class _Ranks:
    """Connections by stage; within a stage in the order in which they came to it."""

    def __init__(self) -> None:
        self._stages: tuple[dict[Connection, None], ...] = tuple({} for _ in Stage)

    def __len__(self) -> int:
        return sum(map(len, self._stages))

    def add(self, connection: Connection, stage: Stage) -> None:
        self._stages[stage][connection] = None

    def remove(self, connection: Connection, stage: Stage) -> None:
        del self._stages[stage][connection]

    def first(self) -> Connection:
        return next(iter(next(stage for stage in self._stages if stage)))


class Connections:
    """Every open connection of one server. `most` over all, `most_each` of one address (of one network for IPv6)."""

    def __init__(self, most: int, most_each: int) -> None:
        self._most = most
        self._most_each = most_each
        self._all = _Ranks()
        self._of: dict[str, _Ranks] = {}
        self._known: dict[Connection, tuple[str, Stage]] = {}
        self._log = LimitedLog(logging.getLogger(__name__))

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._known))

    def add(self, connection: Connection, address: str) -> None:
        """Enter a new connection as idle; closes another one for it when a cap is reached."""
        network = _network(address)
        same = self._of.get(network)
        if same is not None and len(same) >= self._most_each:
            self._give_up(same.first(), f"{self._most_each} connections from {network}")
        elif len(self._known) >= self._most:
            self._give_up(self._all.first(), f"{self._most} connections")
        self._enter(connection, network, Stage.IDLE)

    def move(self, connection: Connection, stage: Stage) -> None:
        """Enter that `connection` has come to `stage`; no more than that for one that has been removed."""
        known = self._known.get(connection)
        if known is not None:
            self.remove(connection)
            self._enter(connection, known[0], stage)

    def remove(self, connection: Connection) -> None:
        known = self._known.pop(connection, None)
        if known is None:
            return
        network, stage = known
        self._all.remove(connection, stage)
        same = self._of[network]
        same.remove(connection, stage)
        if not len(same):
            del self._of[network]

    def _enter(self, connection: Connection, network: str, stage: Stage) -> None:
        self._known[connection] = (network, stage)
        self._all.add(connection, stage)
        self._of.setdefault(network, _Ranks()).add(connection, stage)

    def _give_up(self, connection: Connection, reached: str) -> None:
        _, stage = self._known[connection]
        self.remove(connection)
        connection.abort()
        which = {
            Stage.IDLE: "had been idle for the longest",
            Stage.RECEIVING: "had been sending its request for the longest, because none was idle",
            Stage.ANSWERING: "had been read for the longest, because none was idle",
        }[stage]
        self._log.warning("connections", f"{reached} are open, which is the limit: closed the one that {which}")


def raise_descriptor_limit() -> int:
    """Let this process open as many files as it may (`ulimit -n`, up to the hard limit); how many these are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):  # a sandbox that allows no change: the soft limit holds
            return soft
    return hard


def most_connections(descriptors: int) -> int:
    """How many of `descriptors` the network may take; the others are for the control socket, downloads and files."""
    return min(_MOST, max(descriptors // 2, descriptors - _RESERVED))


def _network(address: str) -> str:
    """`address`, or the /64 that it is in: one customer, one machine has all addresses of that."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
