from __future__ import annotations

from datetime import UTC, datetime

import pytest

from imagedepot.remote.http.retry_after import rate_limited, retry_after
from tests.fakes.message import Answer as Sent
from tests.remote.clients import NOON, transport
from tests.remote.scripted import Scripted


def waited(words: str = "", **headers: str) -> float | None:
    given = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    with Scripted(Sent.of(429, b"", headers=given)) as server:
        answer = transport().request("GET", server.url)
        return retry_after(answer, words, NOON)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Mon, 23 Nov 2026 12:05:00 GMT", 300.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("later", None),
        ("-5", None),
        ("9" * 30, None),
    ],
)
def test_seconds_and_dates_are_read(header: str, seconds: float | None) -> None:
    assert waited(Retry_After=header) == seconds


def test_the_hub_api_tells_a_moment() -> None:
    assert waited(X_Retry_After=str(int(NOON.timestamp()) + 90)) == 90.0


@pytest.mark.parametrize(
    ("words", "seconds"),
    [("retry-after: 985.86µs, allowed: 44000/minute", 1.0), ("retry-after: 12s", 12.0), ("nothing", None)],
)
def test_a_go_duration_in_the_words_is_read(words: str, seconds: float | None) -> None:
    assert waited(words) == seconds


def test_the_sentence_says_until_when() -> None:
    error = rate_limited("redis:latest", "Docker Hub", 7500, NOON)
    assert str(error) == "redis:latest: rate limited by Docker Hub until 14:05 UTC"
    assert error.until == datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
    assert str(rate_limited("", "Docker Hub", 86400, NOON)) == "Rate limited by Docker Hub until 2026-11-24 12:00 UTC"
