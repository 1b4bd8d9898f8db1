from __future__ import annotations

import pytest

from imagedepot.server.connections import Connections, most_connections
from tests.server.served import Served

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def test_the_oldest_idle_connection_makes_room_for_a_new_one(caplog: pytest.LogCaptureFixture) -> None:
    with Served(connections=Connections(3, 3)) as served:
        first, second, third = (served.connect() for _ in range(3))
        for client in (first, second, third):
            client.send(GET).json()
        first.send(GET).json()  # now the second is the one that has been idle for the longest
        with served.connect() as fourth:
            assert fourth.send(GET).json()["path"] == "/"
            assert second.is_closed()
            for client in (first, third, fourth):
                assert client.send(GET).json()["path"] == "/"
    (line,) = [line for line in caplog.messages if "limit" in line]
    assert line.startswith(
        "3 connections from 127.0.0.1 are open, which is the limit: closed the one that had been idle"
    )


def test_a_thousand_idle_connections_keep_nobody_out_and_are_one_line_of_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Served(connections=Connections(50, 50)) as served:
        for _ in range(1000):
            served.connect()
        for _ in range(20):
            with served.connect() as client:
                assert client.send(GET).json()["path"] == "/"
        assert len(served.connections) <= 50
    assert len([line for line in caplog.messages if "limit" in line]) == 1


def test_half_sent_requests_make_room_before_requests_that_are_answered() -> None:
    with Served(connections=Connections(2, 2)) as served, served.connect() as held, served.connect() as half:
        held.send(b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
        half.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
        half.send(b"def")
        with served.connect() as client:
            assert client.send(GET).json()["path"] == "/"
            assert half.is_closed()
            served.release.set()
            assert held.json()["path"] == "/held"


def test_a_new_connection_gets_in_even_where_all_are_being_answered() -> None:
    with Served(connections=Connections(2, 2)) as served:
        held = [served.connect().send(b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n") for _ in range(2)]
        with served.connect() as client:
            assert client.send(GET).json()["path"] == "/"
        assert held[0].is_closed()


class Remembered:
    """A connection of the book alone."""

    def __init__(self) -> None:
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True

    def check(self, now: float) -> None:
        """No limits here."""


def test_one_address_takes_the_places_of_its_own_connections_alone() -> None:
    book = Connections(4, 2)
    guest = Remembered()
    book.add(guest, "192.0.2.1")
    crowd = [Remembered() for _ in range(10)]
    for each in crowd:
        book.add(each, "192.0.2.2")
    assert not guest.aborted
    assert [each.aborted for each in crowd] == [True] * 8 + [False] * 2


def test_a_network_of_ipv6_counts_as_one_address_and_a_mapped_address_as_itself() -> None:
    book = Connections(100, 2)
    same = [Remembered() for _ in range(3)]
    for number, each in enumerate(same):
        book.add(each, f"2001:db8:0:1::{number}")
    assert [each.aborted for each in same] == [True, False, False]
    others = [Remembered() for _ in range(3)]
    for number, each in enumerate(others):
        book.add(each, f"::ffff:192.0.2.{number}")
    assert not any(each.aborted for each in others)


@pytest.mark.parametrize(("descriptors", "most"), [(256, 128), (1024, 512), (4096, 3072), (1 << 20, 16_384)])
def test_some_descriptors_are_kept_for_everything_else(descriptors: int, most: int) -> None:
    assert most_connections(descriptors) == most
