"""The lines that blocking work waits in."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import anyio
import pytest
from starlette.requests import ClientDisconnect, Request

from imagedepot.api.http.caller import KEY
from imagedepot.api.http.threads import Threads
from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, TimedOut
from imagedepot.model.access.role import Role
from imagedepot.service.access.caller import Caller

MANY = 20


class Client:
    """Somebody who asks, and leaves when the test says so."""

    def __init__(self, name: str = "ada") -> None:
        self._gone = anyio.Event()
        caller = Caller(name, Role.ADMIN, anonymous=False, login=datetime.now(UTC))
        self.request = Request({"type": "http", KEY: caller}, self._receive)

    def leave(self) -> None:
        self._gone.set()

    async def _receive(self) -> dict[str, object]:
        await self._gone.wait()
        return {"type": "http.disconnect"}


class Work:
    """Stands until it may go on, or is cancelled; counts how many stand at once."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.begun = threading.Semaphore(0)
        self.most = self.now = 0
        self._lock = threading.Lock()

    def __call__(self, cancellation: Cancellation) -> str:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.begun.release()
        try:
            while not self.go_on.wait(0.01):
                cancellation.check()
            return "done"
        finally:
            with self._lock:
                self.now -= 1

    async def wait_begun(self) -> None:
        assert await anyio.to_thread.run_sync(lambda: self.begun.acquire(timeout=20))


def run(test: Callable[[Threads], Awaitable[None]]) -> None:
    async def main() -> None:
        await test(Threads(local=1, per_caller=2))

    anyio.run(main)


def test_of_many_who_want_one_image_one_has_a_thread_and_none_is_a_local_one() -> None:
    async def test(threads: Threads) -> None:
        work, results = Work(), []

        async def ask() -> None:
            results.append(await threads.repack(Client().request, "debian", work))

        async with anyio.create_task_group() as group:
            for _ in range(MANY):
                group.start_soon(ask)
            await work.wait_begun()
            assert await threads.local(lambda: "local") == "local"
            work.go_on.set()
        assert (results, work.most) == (["done"] * MANY, 1)

    run(test)


def test_a_callers_questions_wait_for_those_of_the_same_caller_at_the_same_upstream_alone() -> None:
    async def test(threads: Threads) -> None:
        hanging, quick = Work(), Work()
        quick.go_on.set()

        async def ask() -> None:
            await threads.upstream(Client("bob").request, "slow.lan", hanging)

        async with anyio.create_task_group() as group:
            for _ in range(MANY):
                group.start_soon(ask)
            await hanging.wait_begun()
            await hanging.wait_begun()
            assert await threads.upstream(Client("ada").request, "slow.lan", quick) == "done"
            assert await threads.upstream(Client("bob").request, "well.lan", quick) == "done"
            assert hanging.most == 2
            hanging.go_on.set()

    run(test)


def test_who_leaves_ends_the_work_and_keeps_the_place_until_it_has_ended() -> None:
    async def test(threads: Threads) -> None:
        client, work, ended = Client(), Work(), []

        def stubborn(cancellation: Cancellation) -> None:
            with pytest.raises(Cancelled):
                work(cancellation)
            ended.append(True)
            raise Cancelled

        async def ask() -> None:
            with pytest.raises(ClientDisconnect):
                await threads.upstream(client.request, "slow.lan", stubborn)
            assert ended == [True]

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            await work.wait_begun()
            client.leave()

    run(test)


def test_an_upstream_has_its_time_and_failures_come_as_they_are() -> None:
    async def test(threads: Threads) -> None:
        def late(cancellation: Cancellation) -> None:
            assert cancellation.seconds_left <= 5
            raise TimedOut("slow.lan does not answer")

        with pytest.raises(TimedOut, match=r"^slow.lan does not answer$"):
            await threads.upstream(Client().request, "slow.lan", late, seconds=5)

    run(test)
