"""Dates of others: a moment in UTC, or none."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.api.http.answers import encoded
from imagedepot.model.text.moment import from_timestamp, parse_moment
from imagedepot.wire.v1.base import moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T12:00:00Z", datetime(2026, 11, 24, 12, tzinfo=UTC)),
        ("2026-11-24T12:00:00.123456789+02:00", datetime(2026, 11, 24, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-24T12:00:00", datetime(2026, 11, 24, 12, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_in_utc(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "0001-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "yesterday",
        "",
        1_700_000_000,
        None,
        [],
    ],
)
def test_what_is_no_date_of_the_calendar_is_none(text: object) -> None:
    assert parse_moment(text) is None


@pytest.mark.parametrize("seconds", [0, -1, 1 << 62, -(1 << 62), True, "1700000000", 1.5, None])
def test_a_timestamp_that_means_nothing_is_none(seconds: object) -> None:
    assert from_timestamp(seconds) is None


@given(st.text() | st.datetimes(timezones=st.timezones()).map(datetime.isoformat))
def test_every_date_that_is_read_can_be_written(text: str) -> None:
    time = parse_moment(text)
    written = json.loads(encoded(moment(time)))
    assert parse_moment(written) == (time and time.replace(microsecond=0))


def test_a_year_is_written_with_four_digits() -> None:
    assert encoded(moment(datetime(800, 12, 25, tzinfo=UTC))) == b'"0800-12-25T00:00:00Z"'
