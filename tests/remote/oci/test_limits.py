"""Docker Hub's limit: read from headers, never assumed, and known to the next command too."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from imagedepot.model.limits import Limits
from imagedepot.remote.oci.limits import LimitWatch
from imagedepot.remote.oci.limits_file import LimitsFile
from tests.fakes.message import Answer, Headers
from tests.remote.clients import NOON, transport
from tests.remote.scripted import Scripted


class Watched:
    """A watch and the clock that it looks at."""

    def __init__(self, file: LimitsFile | None = None) -> None:
        self.now = NOON
        last = file.load(NOON) if file else Limits()
        self.kept: list[Limits] = []
        self.watch = LimitWatch(lambda: self.now, last, file.save if file else self.kept.append)

    def told(self, *headers: tuple[str, str]) -> Limits:
        with Scripted(Answer.of(200, b"", headers=headers)) as server:
            self.watch.note(transport().request("GET", server.url))
        return self.watch.snapshot()


def headers(remaining: int, limit: int = 100, window: int = 21600) -> Headers:
    return (("ratelimit-limit", f"{limit};w={window}"), ("ratelimit-remaining", f"{remaining};w={window}"))


def test_the_window_ends_at_the_latest_one_length_after_it_was_first_seen() -> None:
    watched = Watched()
    first = watched.told(*headers(76))
    assert first.resets == NOON + timedelta(hours=6)
    watched.now += timedelta(hours=1)
    assert watched.told(*headers(75)).resets == first.resets
    watched.now += timedelta(hours=1)
    assert watched.told(*headers(99)).resets == watched.now + timedelta(hours=6), "a new window"


@pytest.mark.parametrize(
    ("limit", "remaining"), [("", ""), ("lots;w=x", "-1;;w"), ("100", ""), ("9" * 30, "1"), ("100;w=21600", "١")]
)
def test_what_is_no_figure_changes_nothing(limit: str, remaining: str) -> None:
    watched = Watched()
    before = watched.told(*headers(50))
    assert watched.told(("ratelimit-limit", limit), ("ratelimit-remaining", remaining)) == before


@pytest.mark.parametrize(
    ("sent", "source"), [("192.0.2.1", "192.0.2.1"), ("2001:db8::/64", None), ("<b>", None), ("x" * 200, None)]
)
def test_a_source_is_an_address_or_an_account(sent: str, source: str | None) -> None:
    assert Watched().told(*headers(1), ("docker-ratelimit-source", sent)).source == source


def test_only_news_is_kept() -> None:
    watched = Watched()
    for remaining in (76, 76, 75):
        watched.told(*headers(remaining))
    assert [each.remaining for each in watched.kept] == [76, 75]


def test_the_next_command_knows_what_the_last_one_learned(tmp_path: Path) -> None:
    file = LimitsFile(tmp_path / "limits.json")
    told = Watched(file).told(*headers(76), ("docker-ratelimit-source", "192.0.2.1"))
    assert file.load(NOON + timedelta(hours=5)) == told
    assert file.load(NOON + timedelta(hours=7)) == Limits(), "that window is over"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"limit": "x"}',
        '{"limit":1,"remaining":1,"window":1,"resets":"soon"}',
        '{"limit":true,"remaining":1,"window":1,"resets":"2087-01-01T00:00:00+00:00"}',
    ],
)
def test_a_broken_file_says_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "limits.json").write_text(content)
    assert LimitsFile(tmp_path / "limits.json").load(NOON) == Limits()


def test_a_file_that_cannot_be_written_costs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "limits.json").mkdir()
    assert Watched(LimitsFile(tmp_path / "limits.json")).told(*headers(3)).remaining == 3


def test_a_limit_without_a_window_has_no_end() -> None:
    told = Watched().told(("ratelimit-limit", "100"), ("ratelimit-remaining", "7"))
    assert (told.remaining, told.window, told.resets) == (7, None, None)
