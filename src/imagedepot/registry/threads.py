"""Threads for blocking work of `/v2/`: an upstream that hangs must not take those that the cache needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class Threads:
    """`local` is for what is here, `files` for pieces of blobs; each upstream has `per_upstream` of its own."""

    def __init__(self, local: int = 8, files: int = 16, password: int = 2, per_upstream: int = 64) -> None:
        self._local = CapacityLimiter(local)
        self._files = CapacityLimiter(files)
        self._password = CapacityLimiter(password)
        self._per_upstream = per_upstream
        self._upstreams: dict[str, CapacityLimiter] = {}

    async def local(self, work: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        return await run_sync(work, *arguments, limiter=self._local)

    async def files(self, work: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        return await run_sync(work, *arguments, limiter=self._files)

    async def password(self, work: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        return await run_sync(work, *arguments, limiter=self._password)

    async def upstream(self, host: str, work: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """`host` is of the closed list of upstreams, so these lines are few. A thread ends by its own deadline."""
        line = self._upstreams.setdefault(host, CapacityLimiter(self._per_upstream))
        return await run_sync(work, *arguments, limiter=line, abandon_on_cancel=True)
