"""Threads that move bytes between sockets and files, so that the bytes never pass through the event loop.

All threads of a `Lanes` wait in one `epoll`, and the one that wakes takes one step of one transfer: a client that is
slow costs no thread, and a disk that hangs costs one.
"""

from __future__ import annotations

import asyncio
import os
import select
import threading
from typing import Protocol

_LAST_STEP = 0.5  # seconds


class Transfer(Protocol):
    """Bytes of one body on their way. `events` is what `link`, a descriptor of the transfer's own, is waited for."""

    link: int
    events: int

    def step(self) -> bool:
        """Move what can be moved without waiting for the client, up to a fair share; whether all of it has been moved.

        Called in a thread, never in two at once. What it raises ends the transfer.
        """

    def progress(self) -> int | None:
        """Bytes that the client has taken or given so far; None while it is not the client that is waited for."""


class Lanes:
    """`threads` threads, begun with the first transfer. `start` and `stop` belong to the event loop."""

    def __init__(self, name: str, threads: int = 4) -> None:
        self._name = name
        self._most = threads
        self._lock = threading.Lock()
        self._running: dict[int, Running] = {}
        self._threads: list[threading.Thread] = []
        self._poll: select.epoll | None = None
        self._bell = -1

    def __len__(self) -> int:
        return len(self._running)

    @property
    def is_alive(self) -> bool:
        """Whether no thread of those that were begun has ended."""
        return all(thread.is_alive() for thread in list(self._threads))

    def start(self, transfer: Transfer) -> Running:
        """Begin; the transfer's `link` is closed at its end, and when this fails. Raises `OSError`."""
        running = Running(self, transfer, asyncio.get_running_loop())
        try:
            poll = self._poll or self._open()
            with self._lock:
                poll.register(transfer.link, transfer.events | select.EPOLLONESHOT)
                self._running[transfer.link] = running
        except OSError:
            os.close(transfer.link)
            raise
        return running

    def stop(self, running: Running) -> None:
        """End a transfer before its end; a step that is under way is its last."""
        with self._lock:
            running.stopped = True
            if not running.stepping and not running.ended:
                self._end(running, None)

    def progress(self, running: Running) -> int | None:
        """The progress of the transfer; None when it has ended."""
        with self._lock:
            return None if running.ended else running.transfer.progress()

    def close(self) -> None:
        """Stop all transfers and end the threads."""
        if self._poll is None:
            return
        for running in list(self._running.values()):
            self.stop(running)
        os.eventfd_write(self._bell, 1)
        for thread in self._threads:
            thread.join(_LAST_STEP)
        if not any(thread.is_alive() for thread in self._threads):  # otherwise a disk hangs, and the process ends so
            self._poll.close()
            os.close(self._bell)
        self._poll = None
        self._threads.clear()

    def _open(self) -> select.epoll:
        bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        try:
            self._poll = select.epoll()
        except OSError:
            os.close(bell)
            raise
        self._bell = bell
        self._poll.register(self._bell, select.EPOLLIN)
        for number in range(self._most):
            thread = threading.Thread(
                target=self._work, args=(self._poll, self._bell), name=f"{self._name}-{number}", daemon=True
            )
            self._threads.append(thread)
            thread.start()
        return self._poll

    def _work(self, poll: select.epoll, bell: int) -> None:
        while True:
            for link, _ in poll.poll(maxevents=1):
                if link == bell:
                    return
                self._take_turn(poll, link)

    def _take_turn(self, poll: select.epoll, link: int) -> None:
        with self._lock:
            running = self._running.get(link)
            if running is None or running.stepping:  # it has ended, and perhaps another has its number
                return
            running.stepping = True
        error: BaseException | None = None
        finished = False
        try:
            finished = running.transfer.step()
        except BaseException as raised:  # noqa: BLE001 - it is the waiting task's, not this thread's
            error = raised
        with self._lock:
            running.stepping = False
            if finished or running.stopped or error is not None:
                running.finished = finished
                self._end(running, error)
            else:
                poll.modify(link, running.transfer.events | select.EPOLLONESHOT)

    def _end(self, running: Running, error: BaseException | None) -> None:
        link = running.transfer.link
        del self._running[link]
        if self._poll is not None:
            self._poll.unregister(link)  # closing would not do while the connection's own descriptor is open
        os.close(link)
        running.end(error)


class Running:
    """A transfer in a lane."""

    def __init__(self, lanes: Lanes, transfer: Transfer, loop: asyncio.AbstractEventLoop) -> None:
        self.transfer = transfer
        self.stepping = False
        self.stopped = False
        self.ended = False
        self.finished = False
        self._lanes = lanes
        self._loop = loop
        self._error: BaseException | None = None
        self._over = asyncio.Event()

    async def wait(self) -> bool:
        """Wait for the last step; whether all has been moved. When this is cancelled, the transfer is stopped.

        Raises what a step raised.
        """
        try:
            await self._over.wait()
        except asyncio.CancelledError:
            self._lanes.stop(self)
            await self._over.wait()
            raise
        if self._error is not None:
            raise self._error
        return self.finished

    def stop(self) -> None:
        self._lanes.stop(self)

    def progress(self) -> int | None:
        return self._lanes.progress(self)

    def end(self, error: BaseException | None) -> None:
        """Called by the lanes, in any thread."""
        self.ended = True
        self._error = error
        try:
            self._loop.call_soon_threadsafe(self._over.set)
        except RuntimeError:  # the event loop has ended, and with it all that waited
            return
