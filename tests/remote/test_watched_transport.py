"""Every request of the HTTP client is told of, under the host that was asked."""

from __future__ import annotations

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, DepotError
from imagedepot.remote.watched_transport import WatchedTransport
from tests.fakes.registry import FaultyRegistry
from tests.ground.images import push_image, random_layer


class Told:
    def __init__(self) -> None:
        self.events: list[tuple[str, str, object]] = []

    def answered(self, host: str, status: int) -> None:
        self.events.append(("answered", host, status))

    def failed(self, host: str, error: DepotError) -> None:
        self.events.append(("failed", host, error.code))

    def received(self, host: str, count: int) -> None:
        self.events.append(("received", host, count))


def test_an_answer_and_every_byte_of_it_are_told(faulty_registry: FaultyRegistry) -> None:
    push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(10_000)])
    told = Told()
    transport = WatchedTransport(told, environment={})
    with transport.request("GET", f"{faulty_registry.url}/v2/lab/app/tags/list") as answer:
        body = answer.read(1 << 20)
    host = faulty_registry.url.partition("://")[2]
    assert told.events[0] == ("answered", host, 200)
    assert {(kind, where) for kind, where, _ in told.events[1:]} == {("received", host)}
    assert sum(int(str(count)) for _, _, count in told.events[1:]) == len(body)


def test_a_failure_is_told_and_raised() -> None:
    told = Told()
    with pytest.raises(DepotError):
        WatchedTransport(told, environment={}).request("GET", "http://127.0.0.1:9/v2/")
    assert [(kind, host) for kind, host, _ in told.events] == [("failed", "127.0.0.1:9")]


def test_what_a_caller_gave_up_is_no_failure_of_the_upstream() -> None:
    told = Told()
    flag = Cancellation()
    flag.cancel()
    with pytest.raises(Cancelled):
        WatchedTransport(told, environment={}).request("GET", "http://127.0.0.1:9/v2/", cancellation=flag)
    assert told.events == []
