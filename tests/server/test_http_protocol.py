from __future__ import annotations

import asyncio
import inspect
import resource
from collections.abc import Iterator
from contextlib import suppress

import pytest
import uvicorn
from uvicorn.protocols.http import flow_control, httptools_impl
from uvicorn.server import ServerState

from imagedepot.server.http_protocol import RequestLimits
from tests.ground.waiting import wait_until
from tests.server.served import LARGE, Served

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
QUICK = RequestLimits(head=0.3, idle=0.3, window=0.3, rate=100_000, linger=0.3)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served() as running:
        yield running


@pytest.fixture(scope="module")
def hasty() -> Iterator[Served]:
    """With time limits of a third of a second."""
    with Served(QUICK) as running:
        yield running


def test_the_attributes_of_uvicorn_that_are_relied_on_are_there() -> None:
    """A new uvicorn that renames one of these fails here, and not under load."""
    protocol = httptools_impl.HttpToolsProtocol
    overridden = (
        *("__init__", "connection_made", "connection_lost", "data_received", "resume_writing", "on_message_begin"),
        *("on_url", "on_header", "on_headers_complete", "on_body", "on_message_complete", "on_response_complete"),
    )
    for name in (*overridden, "_start_asgi_task", "_unset_keepalive_if_required", "shutdown"):
        assert callable(getattr(protocol, name)), name
    parameters = list(inspect.signature(protocol.__init__).parameters)
    assert parameters == ["self", "config", "server_state", "app_state", "_loop"]

    async def attributes() -> set[str]:
        config = uvicorn.Config("imagedepot.app:build", ws="none", log_config=None)
        return set(vars(protocol(config, ServerState(), {}, asyncio.get_running_loop())))

    assert {"parser", "cycle", "pipeline", "flow", "transport", "client", "server_state", "loop"} <= asyncio.run(
        attributes()
    )
    assert {"read_paused", "write_paused", "resume_reading"} <= set(dir(flow_control.FlowControl)) | {
        *inspect.getsource(flow_control.FlowControl).replace(".", " ").split()
    }
    cycle = inspect.getsource(httptools_impl.RequestResponseCycle)
    fields = ("response_complete", "response_started", "disconnected", "message_event", "keep_alive")
    for name in (*fields, "expected_content_length", "chunked_encoding", "scope"):
        assert f"self.{name}" in cycle, name
    assert httptools_impl.STATUS_LINE[431] == b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    assert ServerState().default_headers == []
    assert inspect.iscoroutinefunction(uvicorn.Server.on_tick)
    assert callable(uvicorn.Server.capture_signals)


def test_a_connection_serves_one_request_after_another(served: Served) -> None:
    with served.connect() as client:
        for path in (b"/a", b"/b"):
            assert client.send(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path).json()["path"] == path.decode()
        client.send(GET + GET)  # pipelined
        assert client.json() == client.json()


def test_a_hundred_headers_are_taken_and_one_more_is_not(served: Served) -> None:
    for more, status in ((99, 200), (100, 431)):
        with served.connect() as client:
            lines = b"".join(b"X-%d: y\r\n" % number for number in range(more))
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n")
            if status == 200:
                assert len(client.json()["headers"]) == 100
            else:
                assert client.refusal() == (431, "A request has at most 100 headers")


def test_a_head_of_64_kib_is_taken_and_a_larger_one_is_not(served: Served) -> None:
    head = b"GET / HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n"
    with served.connect() as client:
        assert client.send(head % (b"y" * 65_000)).json()["headers"][1][1] == "y" * 65_000
    for content in (head % (b"y" * 65_600), head.replace(b"/ ", b"/" + b"y" * 65_600 + b" ") % b""):
        with served.connect() as client:
            assert client.send(content).refusal() == (431, "The head of a request has at most 64 KiB")


@pytest.mark.parametrize(
    "endless",
    [b"y" * 4096, b" " * 4096, b"\r\n" * 2048],
    ids=["a_value", "blanks", "empty_lines"],
)
def test_an_endless_header_costs_no_time_of_the_processor_and_no_memory(served: Served, endless: bytes) -> None:
    with served.connect() as client:
        client.send(b"" if endless.startswith(b"\r") else b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        taken = client.flood(endless, 25_000)  # a hundred megabytes, were they taken
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
        assert taken <= 25_000
        assert client.refusal()[0] == 431


def test_many_short_headers_are_not_kept(served: Served) -> None:
    with served.connect() as client:
        client.send(b"GET / HTTP/1.1\r\n")
        client.flood(b"a:\r\n" * 1000, 5000)
        assert client.refusal()[0] == 431


def test_trailers_of_a_chunked_body_are_no_headers(served: Served) -> None:
    body = b"3\r\nabc\r\n0\r\nCookie: imagedepot_session=x\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n"
    with served.connect() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
        seen = client.json()
        assert seen["body"] == "abc"
        assert [name for name, _ in seen["headers"]] == ["host", "transfer-encoding"]
        assert client.send(GET).json()["headers"] == [["host", "a"]]


def test_trailers_that_come_later_than_the_application_looks_are_no_headers_either(served: Served) -> None:
    with served.connect() as client:
        client.send(b"POST /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        assert [name for name, _ in client.json()["headers"]] == ["host", "transfer-encoding"]
        client.send(b"0\r\nX-Late: 1\r\n\r\n" + GET)
        assert client.json()["headers"] == [["host", "a"]]


def test_endless_trailers_end_the_request(served: Served) -> None:
    with served.connect() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
        client.flood(b"a:\r\n" * 100, 5000)
        assert client.refusal()[0] == 431


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x16\x03\x01\x02\x00\x01", "Invalid method encountered"),
        (b"GET / HTTP/9.9\r\n\r\n", "Invalid HTTP version"),
        (b"GET / HTTP/1.1\r\na b: c\r\n\r\n", "Invalid header token"),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "Invalid character in Content-Length"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "Invalid character in chunk size"),
        (
            b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "Transfer-Encoding can't be present with Content-Length",
        ),
    ],
)
def test_what_is_no_request_is_refused_in_the_one_shape_of_errors(served: Served, content: bytes, reason: str) -> None:
    with served.connect() as client:
        assert client.send(content).refusal() == (400, f"Not an HTTP request: {reason}")


def test_an_answer_under_way_is_never_mixed_with_an_error(served: Served) -> None:
    with served.connect() as client:
        client.send(b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n" + GET + b"rubbish\r\n\r\n")
        assert client.is_closed()


def test_thousands_of_requests_at_once_are_not_kept(served: Served) -> None:
    with served.connect() as client:
        client.send(b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n" + GET * 100)
        assert client.is_closed()


def test_an_upgrade_is_answered_as_if_it_had_not_been_asked_for(served: Served) -> None:
    with served.connect() as client:
        client.send(b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n")
        status, headers, _ = client.answer()
        assert (status, headers["connection"]) == (200, "close")
        assert client.is_closed()


def test_a_connection_that_asks_nothing_is_closed(hasty: Served) -> None:
    with hasty.connect() as client:
        assert client.is_closed()
    with hasty.connect() as client:
        client.send(GET).json()
        assert client.is_closed()


def test_a_head_that_does_not_end_is_given_up(hasty: Served) -> None:
    for begun in (b"G", b"GET / HTTP/1.1\r\nHost: a\r\nX"):
        with hasty.connect() as client:
            assert client.send(begun).refusal() == (408, "The head of a request has to come within 0.3 seconds")


def test_a_body_that_hardly_moves_is_given_up(hasty: Served) -> None:
    with hasty.connect() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc")
        assert client.refusal()[0] == 408


def test_a_client_that_does_not_read_its_answer_is_given_up(hasty: Served) -> None:
    with hasty.connect() as client:
        client.send(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.link.recv(1) == b"H"
        wait_until(lambda: not len(hasty.connections))  # and nothing is read meanwhile
        came = 0
        with suppress(ConnectionResetError):
            while content := client.link.recv(1 << 20):
                came += len(content)
        assert came < LARGE


def test_an_answer_that_takes_long_to_make_is_not_given_up(hasty: Served) -> None:
    with hasty.connect() as client, hasty.connect() as other:
        client.send(b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
        assert other.is_closed()  # the limits of the idle have passed
        hasty.release.set()
        assert client.json()["path"] == "/held"
