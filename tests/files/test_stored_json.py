from __future__ import annotations

from typing import Any

import pytest

from imagedepot.files import stored_json

BROKEN = [
    b"",
    b"{",
    b'{"a": NaN}',
    b"[1e999]",
    b'"\xff"',
    b'"\\ud800"',
    b"{} x",
    b"[" * 100_000,
    b"9" * 10_000,
    "[[" * 50_000,
]


@pytest.mark.parametrize("content", BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_json_is_a_value_error(content: bytes | str) -> None:
    with pytest.raises(ValueError) as caught:
        stored_json.decode(content)
    assert str(caught.value)


@pytest.mark.parametrize("value", [None, {"ü": [1, -2.5, True, ""]}, [], 2**64 - 1])
def test_what_is_written_is_read_again(value: Any) -> None:
    assert stored_json.decode(stored_json.encode(value)) == value
    assert b" " not in stored_json.encode(value)
