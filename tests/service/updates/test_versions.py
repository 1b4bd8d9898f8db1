"""Versions in tags, ranges, windows, lengths of time."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest

from imagedepot.errors import InvalidInput
from imagedepot.model.following.versions import Version, VersionRange, newest
from imagedepot.model.following.window import Window
from imagedepot.model.text.duration import duration_text, parse_duration


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("^7.2", "7.2 7.4 7.99.1", "7.1.9 8.0 8"),
        ("^0.3", "0.3.0 0.3.9", "0.2.9 0.4.0 1.0"),
        ("^0.0.3", "0.0.3", "0.0.2 0.0.4"),
        ("~10.10", "10.10.0 10.10.7", "10.9.11 10.11.0"),
        ("~10", "10.0 10.99", "9.9 11.0"),
        ("~10.10.3", "10.10.3 10.10.4", "10.10.2 10.11.0"),
        ("7.x", "7.0 7.9.1", "6.9 8.0"),
        ("7.2.*", "7.2.9", "7.3.0"),
        (">=1.4 <2", "1.4 1.9.9", "1.3.9 2.0"),
        (">= 1.4, < 2", "1.4 1.9.9", "1.3.9 2.0"),
        (">1.4 <=2.1", "1.5 2.1.7", "1.4.9 2.2"),
        ("*", "0.1 99", ""),
        ("^2024.1", "2024.1.3 2024.12", "2023.12 2025.1"),
    ],
)
def test_a_range_holds_what_people_expect(text: str, inside: str, outside: str) -> None:
    within = VersionRange.parse(text)
    for tag in inside.split():
        version = Version.of(tag)
        assert version is not None
        assert within.holds(version), tag
    for tag in outside.split():
        version = Version.of(tag)
        assert version is not None
        assert not within.holds(version), tag


@pytest.mark.parametrize("text", ["", "7.2.4", "latest", "^", "^a", "7.2 || 8", "^7.2 and more", "<" * 200])
def test_what_is_no_range_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"is not a range of versions: write \^7.2, ~10.10, 7.x or >=1.4 <2$"):
        VersionRange.parse(text)


@pytest.mark.parametrize(
    ("like", "within", "tags", "found"),
    [
        ("7.2.3", "^7.2", "7 7.2 7.2.4 7.4 7.4.1 7.4.2-alpine 8.0.0 7.4.3-rc1 latest", "7.4.1"),
        ("7.2-alpine", "^7.2", "7.4 7.4-alpine 7.4.1-alpine 7.3-alpine", "7.4-alpine"),
        ("7.2-alpine3.19", "^7", "7.4-alpine3.19 7.4-alpine3.20", "7.4-alpine3.20"),
        ("4.0.10.2544-ls254", "^4", "4.0.10.2544-ls255 4.0.9.9999-ls260", "4.0.10.2544-ls255"),
        ("2024.01.3", "^2024", "2024.1.10 2024.09.2 2025.1.1", "2024.09.2"),
        ("v1.2.3", "^1.2", "1.9.0 v1.3.0", "v1.3.0"),
        ("1.10.0", "^1", "1.9.0 1.10.0", "1.10.0"),
        ("latest", "^1", "1.9.0", None),
        ("3.0.0", "^1", "3.1.0", None),
    ],
)
def test_only_tags_of_the_same_shape_follow_each_other(like: str, within: str, tags: str, found: str | None) -> None:
    assert newest(tags.split(), like, VersionRange.parse(within)) == found


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """In a week whose 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute)


def test_a_window_is_open_between_its_times() -> None:
    window = Window.parse("02:00-05:00")
    assert [window.holds(at(23, hour)) for hour in (1, 2, 4, 5)] == [False, True, True, False]
    assert window.opens(at(23, 1)) == at(23, 2)
    assert window.opens(at(23, 3)) == at(23, 3)
    assert window.opens(at(23, 5)) == at(24, 2)


def test_a_window_across_midnight_belongs_to_the_day_it_begins() -> None:
    window = Window.parse("fri,sat 22:00-06:00")
    assert window.holds(at(27, 23))
    assert window.holds(at(28, 5))
    assert window.holds(at(29, 5)), "the night from Saturday to Sunday"
    assert not window.holds(at(27, 5))
    assert not window.holds(at(29, 23))
    assert window.opens(at(29, 7)) == datetime(2026, 12, 4, 22)


def test_days_may_be_a_span() -> None:
    assert [Window.parse("fri-mon 1:00-2:00").holds(at(day, 1, 30)) for day in range(23, 30)] == [
        *(True, False, False, False),
        *(True, True, True),
    ]


@pytest.mark.parametrize("text", ["", "2-5", "25:00-26:00", "02:00-02:00", "foo 02:00-03:00", "02:00"])
def test_what_is_no_window_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"is not a maintenance window: write 02:00-05:00"):
        Window.parse(text)


def test_a_window_of_blanks_keeps_nobody_busy() -> None:
    began = time.monotonic()
    with pytest.raises(InvalidInput):
        Window.parse(f"sat{' ' * 20_000}x")
    assert time.monotonic() - began < 5  # it took a minute and a half, in which the service answered nobody


def test_lengths_of_time_are_read_and_written() -> None:
    assert parse_duration(" 36H ", "every") == timedelta(hours=36)
    assert [duration_text(timedelta(hours=hours)) for hours in (0, 6, 24, 36, 168)] == ["", "6h", "1d", "36h", "1w"]
    with pytest.raises(InvalidInput, match=r"^every: 'often' is not a length of time such as 30m, 6h, 1d or 2w$"):
        parse_duration("often", "every")
