"""Where blocking work goes: upstreams that hang must not take the threads that local calls need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

T = TypeVar("T")


class Threads:
    """Four lines to wait in, none of which holds up another.

    `local` is for the disk and the engines, `upstream` for whoever may take 30 s, `slow` for hours (verify), and
    `password` for checks of passwords, which are made one after the other.
    """

    def __init__(self, local: int = 16, upstream: int = 64, slow: int = 4, password: int = 4) -> None:
        self._local = CapacityLimiter(local)
        self._upstream = CapacityLimiter(upstream)
        self._slow = CapacityLimiter(slow)
        self._password = CapacityLimiter(password)

    async def local(self, work: Callable[..., T], *arguments: Any) -> T:
        return await run_sync(work, *arguments, limiter=self._local)

    async def upstream(self, work: Callable[..., T], *arguments: Any) -> T:
        """Who has gone away is not waited for: the thread ends by itself."""
        return await run_sync(work, *arguments, limiter=self._upstream, abandon_on_cancel=True)

    async def slow(self, work: Callable[..., T], *arguments: Any) -> T:
        return await run_sync(work, *arguments, limiter=self._slow, abandon_on_cancel=True)

    async def password(self, work: Callable[..., T], *arguments: Any) -> T:
        return await run_sync(work, *arguments, limiter=self._password)
