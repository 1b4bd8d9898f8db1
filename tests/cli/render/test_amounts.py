from __future__ import annotations

from datetime import UTC, datetime

import pytest

from imagedepot.cli.render.amounts import age, count, seconds, size


@pytest.mark.parametrize(
    ("amount", "text"),
    [(None, ""), (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (150_200_000, "150.2 MB"), (2.5e12, "2.5 TB")],
)
def test_sizes(amount: float | None, text: str) -> None:
    assert size(amount) == text


def test_one_of_a_thing_is_called_so() -> None:
    assert [count(number, "file") for number in (0, 1, 2, 12_345)] == ["0 files", "1 file", "2 files", "12,345 files"]


@pytest.mark.parametrize(
    ("amount", "text"), [(None, ""), (42, "42 s"), (180, "3 min"), (7200, "2 h"), (259_200, "3 d")]
)
def test_durations(amount: float | None, text: str) -> None:
    assert seconds(amount) == text


def test_ages() -> None:
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert age("2026-01-01T11:57:00Z", now) == "3 min ago"
    assert age("2026-01-01T13:00:00Z", now) == "0 s ago"  # clocks differ
    assert age("2026-01-01T11:57:00", now) == "3 min ago"
    assert age(None) == age("yesterday") == ""
