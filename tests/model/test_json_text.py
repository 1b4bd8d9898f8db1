from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.model.text.json_text import json_text, parse_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(VALUES)
def test_what_is_read_can_be_written_and_read_by_everybody(value: Any) -> None:
    read = parse_json(json.dumps(value))
    assert json.loads(json.dumps(read, allow_nan=False)) == read
    json.loads(json_text(value), parse_constant=pytest.fail)


@pytest.mark.parametrize("raw", ["NaN", "-Infinity", "1e999", "-1e999", "18446744073709551616", "-" + "9" * 5000])
def test_a_number_that_no_64_bits_hold_is_null(raw: str) -> None:
    assert parse_json(f"[{raw}]") == [None]


@pytest.mark.parametrize("raw", ["0", "-0.5", "1e300", "18446744073709551615", "-9223372036854775808"])
def test_every_other_number_stays(raw: str) -> None:
    assert parse_json(raw) == json.loads(raw)
