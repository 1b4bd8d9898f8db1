"""Reports that the service is alive, as long as its event loop turns and its threads work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from imagedepot.server.systemd.notify import ServiceManager

_BEATS = 3  # in the time after which the service manager would restart us
_log = logging.getLogger(__name__)


async def beat(manager: ServiceManager, threads: Mapping[str, Callable[[], bool]]) -> None:
    """Report until cancelled; return at once where the service manager wants no reports.

    `threads`: for each kind of long-lived thread, whether it is alive. That they are asked in a thread shows that
    threads get their turn; that this goes on at all, that the event loop does.
    """
    if manager.watchdog_seconds is None:
        return
    pause = manager.watchdog_seconds / _BEATS
    limiter = CapacityLimiter(1)
    while True:
        dead = await _dead(threads, pause, limiter)
        if not dead:
            manager.alive()
        else:
            _log.error("not alive: %s; keep-alive messages to the service manager stop", ", ".join(dead))
        await asyncio.sleep(pause)


async def _dead(threads: Mapping[str, Callable[[], bool]], seconds: float, limiter: CapacityLimiter) -> Sequence[str]:
    def ask() -> Sequence[str]:
        return [name for name, is_alive in threads.items() if not is_alive()]

    try:
        async with asyncio.timeout(seconds):
            return await run_sync(ask, abandon_on_cancel=True, limiter=limiter)
    except TimeoutError:
        return ["threads"]
