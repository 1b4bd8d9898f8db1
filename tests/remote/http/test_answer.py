from __future__ import annotations

import gzip
import zlib

import pytest

from imagedepot.errors import ConnectionBroken, InvalidAnswer, TimedOut, UpstreamError
from tests.fakes.message import Answer
from tests.fakes.web import WebServer
from tests.remote.clients import transport
from tests.remote.scripted import Scripted

TEXT = b"hello " * 50_000


def test_an_answer_that_trickles_is_not_waited_for_for_ever(web: WebServer) -> None:
    answer = transport().request("GET", web.put("/a", b"x" * 100))
    with pytest.raises(TimedOut, match=r"127\.0\.0\.1:\d+ takes too long for one answer"):
        answer.read(1000, within=0.0)


def packed(body: bytes, encoding: str) -> Answer:
    return Answer.of(200, body, headers=(("Content-Encoding", encoding),))


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(TEXT), "X-GZIP, identity"),
        (gzip.compress(TEXT[:90_001]) + gzip.compress(TEXT[90_001:]), "gzip"),
        (zlib.compress(TEXT), "deflate"),
        (TEXT, "identity"),
    ],
)
def test_what_was_compressed_for_the_way_is_unpacked(body: bytes, encoding: str) -> None:
    with Scripted(packed(body, encoding)) as server:
        assert transport().request("GET", server.url).read(len(TEXT)) == TEXT


def test_what_unpacks_to_more_than_an_answer_may_have_is_refused() -> None:
    bomb = packed(gzip.compress(bytes(100 << 20)), "gzip")
    with Scripted(bomb) as server, pytest.raises(UpstreamError, match="more than the 1,000 bytes"):
        transport().request("GET", server.url).read(1000)


def test_a_compressed_body_that_ends_early_is_a_broken_connection() -> None:
    with Scripted(packed(gzip.compress(TEXT)[:-9], "gzip")) as server, pytest.raises(ConnectionBroken, match="early"):
        transport().request("GET", server.url).read(len(TEXT))


@pytest.mark.parametrize(("body", "encoding", "words"), [(TEXT, "gzip", "not compressed as"), (b"x", "br", "'br'")])
def test_what_cannot_be_unpacked_is_said_so(body: bytes, encoding: str, words: str) -> None:
    with Scripted(packed(body, encoding)) as server, pytest.raises(InvalidAnswer, match=words):
        transport().request("GET", server.url).read(len(TEXT))
