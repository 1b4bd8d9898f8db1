"""A crowd of connections in a process of its own, so that it takes no time from the one that measures.

`python -m soak.strangers PORT IDLE SLOW CLIENTS`: IDLE connections that ask nothing, SLOW ones that send a byte of a
request each second, and CLIENTS that ask for a list five times a second. Each is opened again when the service closes
it. It prints `ready` when all are there, goes on until its input ends, then prints the counts of `Counts` as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Self

PATH = "/api/v1/image/?from=local"
FAR_AWAY = 10  # the niceness of what stands for other machines
_ADDRESSES = 8  # of this machine, 127.0.0.2 and those after it, as if these were several machines
_GREETING = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "


@dataclass
class Counts:
    """Answers that clients got, answers of another status or none at all, and connections that were opened again."""

    answered: int = 0
    failed: int = 0
    reopened: int = 0


class Strangers:
    """The process; `with Strangers(port, idle=10_000, …) as crowd: …`. `counts` are there at the end."""

    def __init__(self, port: int, idle: int, slow: int, clients: int) -> None:
        self._command = [sys.executable, "-m", "soak.strangers", *map(str, (port, idle, slow, clients))]
        self.counts = Counts()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        output, _ = self._process.communicate("")
        if self._process.returncode == 0:
            self.counts = Counts(**json.loads(output))


class _Crowd:
    def __init__(self, port: int) -> None:
        self._port = port
        self.counts = Counts()
        self.over = asyncio.Event()
        self._opening = asyncio.Semaphore(200)

    async def idle(self, number: int, opened: asyncio.Event) -> None:
        await self._keep(number, opened, b"")

    async def slow(self, number: int, opened: asyncio.Event) -> None:
        await self._keep(number, opened, _GREETING)

    async def client(self, number: int, opened: asyncio.Event) -> None:
        request = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        while not self.over.is_set():
            try:
                reader, writer = await self._open(number)
            except OSError:
                self.counts.failed += 1
                continue
            opened.set()
            try:
                while not self.over.is_set():
                    writer.write(request)
                    head = await reader.readuntil(b"\r\n\r\n")
                    size = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length: "))
                    await reader.readexactly(int(size.partition(b": ")[2]))
                    if head.startswith(b"HTTP/1.1 200 "):
                        self.counts.answered += 1
                    else:
                        self.counts.failed += 1
                    await asyncio.sleep(0.2)
            except (OSError, EOFError):
                self.counts.failed += 1
            finally:
                writer.close()

    async def _keep(self, number: int, opened: asyncio.Event, greeting: bytes) -> None:
        while not self.over.is_set():
            reader, writer = await self._open(number)
            try:
                if greeting:
                    writer.write(greeting)
                opened.set()
                ended = asyncio.create_task(reader.read())
                while not self.over.is_set() and not ended.done():
                    await asyncio.wait([ended], timeout=1 if greeting else 10)
                    if greeting:
                        writer.write(b"x")
                ended.cancel()
                with suppress(OSError, asyncio.CancelledError):
                    await ended
            finally:
                writer.close()
            self.counts.reopened += not self.over.is_set()

    async def _open(self, number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with self._opening:
            source = (f"127.0.0.{2 + number % _ADDRESSES}", 0)
            return await asyncio.open_connection("127.0.0.1", self._port, local_addr=source)


async def _main(port: int, idle: int, slow: int, clients: int) -> None:
    crowd = _Crowd(port)
    works = [crowd.idle] * idle + [crowd.slow] * slow + [crowd.client] * clients
    opened = [asyncio.Event() for _ in works]
    tasks = [asyncio.create_task(work(number, opened[number])) for number, work in enumerate(works)]
    for each in opened:
        await each.wait()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    crowd.over.set()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(json.dumps(asdict(crowd.counts)), flush=True)


if __name__ == "__main__":
    os.setpriority(os.PRIO_PROCESS, 0, FAR_AWAY)
    _, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_hard, _hard))
    asyncio.run(_main(*map(int, sys.argv[1:])))
