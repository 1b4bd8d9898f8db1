from __future__ import annotations

import asyncio
import hashlib
import os
import random
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from imagedepot.registry.push.receiving import BODY
from imagedepot.server.direct import BodyLanes, DirectBodies
from imagedepot.server.http_protocol import RequestLimits
from imagedepot.server.lanes import Lanes
from imagedepot.server.transfers import FileSending
from tests.ground.waiting import wait_until
from tests.server.served import Client, Served

SIZE = 24 << 20  # more than the buffers of both sockets hold
CONTENT = random.Random(1).randbytes(SIZE)
QUICK = RequestLimits(head=0.3, idle=0.3, window=0.3, rate=100_000, linger=0.3)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("direct") / "file"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture(scope="module")
def served(file: Path) -> Iterator[Served]:
    with Served(file=file) as running:
        yield running


def ask(client: Client, *parts: tuple[int, int], method: bytes = b"GET") -> Client:
    path = "/".join(f"{begin}-{end}" for begin, end in parts).encode()
    return client.send(b"%s /file/%s HTTP/1.1\r\nHost: a\r\n\r\n" % (method, path))


def lanes_of(served: Served) -> Lanes:
    return served.server.lanes.sending


def test_a_file_arrives_byte_by_byte_past_the_event_loop(served: Served) -> None:
    with served.connect() as client:
        status, headers, body = ask(client, (0, SIZE)).answer()
        assert (status, headers["x-offered"], body == CONTENT) == (200, "yes", True)


def test_a_part_of_a_file_and_several_parts_in_one_answer(served: Served) -> None:
    with served.connect() as client:
        assert ask(client, (5, 9)).answer()[2] == CONTENT[5:9]
        parts = ((SIZE - 7, SIZE), (0, 0), (1, 5_000_000))
        assert ask(client, *parts).answer()[2] == CONTENT[-7:] + CONTENT[1:5_000_000]


def test_a_connection_stays_open_and_takes_pipelined_requests(served: Served) -> None:
    with served.connect() as client:
        ask(client, (0, 6_000_000))
        client.send(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
        ask(client, (3, SIZE))
        assert client.answer()[2] == CONTENT[:6_000_000]
        assert client.json()["path"] == "/a"
        assert client.answer()[2] == CONTENT[3:]
        assert ask(client, (0, 10)).answer()[2] == CONTENT[:10]


def test_a_head_request_is_answered_without_the_file(served: Served) -> None:
    with served.connect() as client:
        ask(client, (0, SIZE), method=b"HEAD")
        client.send(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
        came = b""
        while b'"path"' not in came:
            came += client.link.recv(1 << 16)
        head, _, rest = came.partition(b"\r\n\r\n")
        assert b"content-length: %d" % SIZE in head
        assert rest.startswith(b"HTTP/1.1 200 OK")


def test_clients_that_do_not_read_hold_up_no_other(served: Served) -> None:
    stalled = [served.connect() for _ in range(20)]
    for each in stalled:
        ask(each, (0, SIZE))
    wait_until(lambda: len(lanes_of(served)) == len(stalled))
    with served.connect() as client:
        assert ask(client, (0, SIZE)).answer()[2] == CONTENT
    assert ask(stalled[0], (0, 1)).answer()[2] == CONTENT
    for each in stalled:
        each.link.close()
    wait_until(lambda: len(lanes_of(served)) == 0)


@pytest.mark.parametrize("resets", [False, True], ids=["closes", "resets"])
def test_a_client_that_leaves_ends_its_transfer(served: Served, resets: bool) -> None:
    client = served.connect()
    ask(client, (0, SIZE))
    client.link.recv(100_000)
    wait_until(lambda: len(lanes_of(served)) == 1)
    if resets:
        client.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.link.close()
    wait_until(lambda: len(lanes_of(served)) == 0 and len(served.connections) == 0)
    assert not served.errors


def test_a_client_that_reads_nothing_is_given_up(file: Path) -> None:
    with Served(QUICK, file=file) as hasty, hasty.connect() as client:
        ask(client, (0, SIZE))
        wait_until(lambda: len(lanes_of(hasty)) == 1)
        wait_until(lambda: len(hasty.connections) == 0)  # and nothing is read meanwhile
        assert len(lanes_of(hasty)) == 0
        came = 0
        with suppress(ConnectionResetError):
            while content := client.link.recv(1 << 20):
                came += len(content)
        assert came < SIZE


def test_a_file_that_became_shorter_cuts_the_answer_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(1000))
    with Served(file=path) as served:
        with served.connect() as client:
            ask(client, (0, 2000))
            with pytest.raises(ConnectionResetError):
                client.answer()
        with served.connect() as client:
            assert ask(client, (0, 1000)).answer()[2] == bytes(1000)


def test_the_end_of_the_server_ends_its_transfers(file: Path) -> None:
    with Served(file=file) as served:
        client = served.connect()
        ask(client, (0, SIZE))
        wait_until(lambda: len(lanes_of(served)) == 1)
    assert served.has_ended
    assert len(lanes_of(served)) == 0


def test_no_descriptor_is_left_open(served: Served) -> None:
    def ask_ten_times() -> None:
        with served.connect() as client:
            for _ in range(10):
                ask(client, (0, 100_000)).answer()
                post(client, CONTENT[:100_000]).json()
        wait_until(lambda: len(served.connections) == 0)

    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    ask_ten_times()
    wait_until(lambda: len(lanes_of(served)) + len(receiving_of(served)) == 0)
    before = descriptors()
    ask_ten_times()
    wait_until(lambda: descriptors() <= before)


def post(client: Client, content: bytes, path: bytes = b"/poured") -> Client:
    client.send(b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (path, len(content)))
    return client.send(content)


def chunked(content: bytes, size: int, trailers: bytes = b"") -> bytes:
    pieces = (content[begin : begin + size] for begin in range(0, len(content), size))
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    head = b"POST /poured HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + body + b"0\r\n" + trailers + b"\r\n"


def seen(content: bytes) -> dict[str, object]:
    threads = ["receiving-"] if content else []
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "threads": threads}


def receiving_of(served: Served) -> Lanes:
    return served.server.lanes.receiving


@pytest.mark.parametrize("size", [0, 1, 70_000, SIZE])
def test_a_body_is_read_by_a_thread(served: Served, size: int) -> None:
    with served.connect() as client:
        for _ in range(2):
            assert post(client, CONTENT[:size]).json() == seen(CONTENT[:size])


@pytest.mark.parametrize(("size", "each"), [(0, 1), (1, 1), (3000, 7), (SIZE, 32_768), (SIZE, 5_000_001)])
def test_a_chunked_body_is_read_by_a_thread(served: Served, size: int, each: int) -> None:
    with served.connect() as client:
        for trailers in (b"", b"X-Late: 1\r\n"):
            assert client.send(chunked(CONTENT[:size], each, trailers)).json() == seen(CONTENT[:size])
        assert client.send(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n").json()["headers"] == [["host", "a"]]


def test_the_request_after_a_body_of_known_length_may_come_with_it(served: Served) -> None:
    with served.connect() as client:
        post(client, CONTENT[:3_000_000])
        client.send(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
        post(client, CONTENT[:100])
        assert client.json() == seen(CONTENT[:3_000_000])
        assert client.json()["path"] == "/a"
        assert client.json() == seen(CONTENT[:100])


def test_the_request_after_a_chunked_body_is_answered_or_the_connection_ends(served: Served) -> None:
    with served.connect() as client:
        client.send(chunked(CONTENT[:2_000_000], 100_000) + b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.json() == seen(CONTENT[:2_000_000])
        with suppress(ConnectionResetError):
            assert client.json()["path"] == "/a"


def test_a_client_that_waits_for_100_continue_gets_it(served: Served) -> None:
    with served.connect() as client:
        client.send(b"POST /poured HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert client.link.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert client.send(b"abc").json() == seen(b"abc")


def test_clients_that_send_nothing_hold_up_no_other(served: Served) -> None:
    stalled = [served.connect() for _ in range(20)]
    for each in stalled:
        each.send(b"POST /poured HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
    wait_until(lambda: len(receiving_of(served)) == len(stalled))
    with served.connect() as client:
        assert post(client, CONTENT).json() == seen(CONTENT)
    assert stalled[0].send(b"cd").json() == seen(b"abcd")
    for each in stalled:
        each.link.close()
    wait_until(lambda: len(receiving_of(served)) == 0)


def test_what_came_before_a_client_left_is_kept(served: Served) -> None:
    client = served.connect()
    before = len(served.poured)
    client.send(b"POST /poured HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n" + CONTENT[:3_000_000])
    client.link.close()
    wait_until(lambda: 3_000_000 in served.poured[before:])  # an earlier test's client may leave late


def test_a_body_for_which_there_is_no_room_is_answered_at_once(served: Served) -> None:
    with served.connect() as client:
        client.send(b"POST /full HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + CONTENT[:500_000])
        assert client.answer()[0] == 507
        client.send(CONTENT[500_000:1_000_000])
        assert client.send(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n").json()["path"] == "/a"


def test_a_poured_body_that_hardly_moves_is_given_up() -> None:
    with Served(QUICK) as hasty, hasty.connect() as client:
        client.send(b"POST /poured HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc")
        assert client.refusal()[0] == 408
        wait_until(lambda: len(receiving_of(hasty)) == 0)


@pytest.mark.parametrize(
    ("rest", "status"), [(b"zz\r\n", 400), (b"0\r\n" + b"a:\r\n" * 200, 431), (b"1;" + b"x" * 70_000, 431)]
)
def test_a_chunked_body_that_is_none_is_refused(served: Served, rest: bytes, status: int) -> None:
    with served.connect() as client:
        client.send(b"POST /poured HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        wait_until(lambda: len(receiving_of(served)) == 1)
        with suppress(BrokenPipeError, ConnectionResetError):
            client.send(rest)
        assert client.refusal()[0] == status


class Untouched:
    """A connection's transport, flow and parser, of which only the socket is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.link = socket.socket()
        self.link.close()  # so that no descriptor can be made of it, as where none is left

    def get_extra_info(self, name: str) -> socket.socket | None:
        return self.link if name == "socket" else None

    def is_closing(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        return lambda *_: self.asked.append(name)


def test_a_body_that_no_thread_can_read_is_left_to_the_event_loop() -> None:
    connection = cast(Any, Untouched())
    bodies = DirectBodies(connection, connection, BodyLanes(), connection)
    cycle = cast(Any, SimpleNamespace(scope={"headers": []}, body=bytearray(b"abc"), more_body=True))
    cycle.waiting_for_100_continue = cycle.disconnected = cycle.response_complete = False
    bodies.offer(cycle)
    with pytest.raises(OSError, match="descriptor"):
        asyncio.run(cycle.scope["extensions"][BODY](lambda _: None))
    assert connection.asked == []
    assert cycle.body == b"abc"


def test_a_transfer_that_cannot_begin_leaves_nothing_behind(tmp_path: Path) -> None:
    async def begin() -> None:
        link = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)  # epoll takes no files
        lanes = Lanes("sending")
        try:
            with pytest.raises(PermissionError):
                lanes.start(FileSending(link, link, 0, 1))
            assert len(lanes) == 0
            with pytest.raises(OSError, match="descriptor"):
                os.fstat(link)
        finally:
            lanes.close()

    asyncio.run(begin())
