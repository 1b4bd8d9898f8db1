from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from imagedepot.server.http_protocol import RequestLimits
from imagedepot.server.lanes import Lanes
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
    return served.server.sending


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
    def ask_ten_times() -> int:
        with served.connect() as client:
            for _ in range(10):
                ask(client, (0, 100_000)).answer()
            return len(list(Path("/proc/self/fd").iterdir()))

    ask_ten_times()
    wait_until(lambda: len(served.connections) == 0)
    before = ask_ten_times()
    wait_until(lambda: len(served.connections) == 0)
    assert ask_ten_times() == before
