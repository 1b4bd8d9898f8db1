"""Threads for blocking work, so that an upstream that hangs does not take the threads of local calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from anyio import CapacityLimiter, Lock, create_task_group
from anyio.to_thread import run_sync
from starlette.requests import ClientDisconnect, Request

from imagedepot.api.http.caller import caller_of
from imagedepot.cancellation import Cancellation

T = TypeVar("T")
ANSWER_SECONDS = 30.0
"""The longest that a call waits for an upstream, once its turn has come."""


class Threads:
    """Threads with a line for each kind of work, so that no kind delays another.

    `local` is for the disk and the engines, `slow` for hours (verify), `repack` for minutes of compressing, `password`
    for checks of passwords, which are made one after the other, `files` for pieces of archives. At each upstream every
    caller has a line of `per_caller` places of his own, so that an upstream that hangs costs the others nothing, and
    one caller's hundred questions cost the other callers nothing.
    """

    def __init__(
        self, local: int = 16, per_caller: int = 8, slow: int = 4, repack: int = 2, password: int = 4, files: int = 16
    ) -> None:
        self._local = CapacityLimiter(local)
        self._upstream = Keyed(lambda: CapacityLimiter(per_caller))
        self._slow = CapacityLimiter(slow)
        self._repack = CapacityLimiter(repack)
        self._images = Keyed(Lock)
        self._password = CapacityLimiter(password)
        self._files = CapacityLimiter(files)

    async def local(self, work: Callable[..., T], *arguments: Any) -> T:
        return await run_sync(work, *arguments, limiter=self._local)

    async def upstream(
        self,
        request: Request,
        upstream: str,
        work: Callable[[Cancellation], T],
        seconds: float = ANSWER_SECONDS,
    ) -> T:
        """`upstream`: whom `work` will wait for, for at most `seconds`. It is cancelled when the client leaves.

        Raises `ClientDisconnect`.
        """

        def limited(cancellation: Cancellation) -> T:
            with cancellation.within(seconds) as part:
                return work(part)

        key = (caller_of(request).username, upstream)
        with self._upstream.of(key) as line:
            return await _while_connected(request, lambda flag: run_sync(limited, flag, limiter=line))

    async def repack(self, request: Request, image: str, work: Callable[[Cancellation], T]) -> T:
        """Re-pack `image` in one thread; further callers for the same image wait for its result."""

        async def one_by_one(flag: Cancellation) -> T:
            async with turn:
                return await run_sync(work, flag, limiter=self._repack)

        with self._images.of(image) as turn:
            return await _while_connected(request, one_by_one)

    async def slow(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run `work` in a thread that ends by itself when the client has left."""
        return await run_sync(work, *arguments, limiter=self._slow, abandon_on_cancel=True)

    async def files(self, work: Callable[..., T], *arguments: Any) -> T:
        return await run_sync(work, *arguments, limiter=self._files)

    async def password(self, work: Callable[..., T], *arguments: Any) -> T:
        return await run_sync(work, *arguments, limiter=self._password)


class Keyed(Generic[T]):
    """One `T` for each key for as long as it is used. For the event loop only."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._used: dict[Hashable, tuple[T, int]] = {}

    @contextmanager
    def of(self, key: Hashable) -> Iterator[T]:
        value, users = self._used.get(key) or (self._make(), 0)
        self._used[key] = value, users + 1
        try:
            yield value
        finally:
            value, users = self._used[key]
            if users == 1:
                del self._used[key]
            else:
                self._used[key] = value, users - 1


async def _while_connected(request: Request, work: Callable[[Cancellation], Awaitable[T]]) -> T:
    """The result of `work`. When the client leaves, its flag is set, and a thread that has begun is waited for, so that
    a client that keeps asking and leaving has no more threads than places in its line.
    """
    flag = Cancellation()
    results: list[T] = []
    failures: list[Exception] = []
    async with create_task_group() as group:

        async def watch() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            flag.cancel()
            group.cancel_scope.cancel()

        group.start_soon(watch)
        try:
            results.append(await work(flag))
        except Exception as error:  # noqa: BLE001 - a group would wrap it
            failures.append(error)
        group.cancel_scope.cancel()
    if flag.cancelled:
        raise ClientDisconnect
    for failure in failures:
        raise failure
    return results[0]
