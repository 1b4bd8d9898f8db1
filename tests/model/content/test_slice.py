"""Slices share all digests among them, each to one."""

from __future__ import annotations

import pytest

from imagedepot.errors import InvalidInput
from imagedepot.model.content.slice import WHOLE, Slice
from imagedepot.model.digest import Digest


@pytest.mark.parametrize("of", [1, 2, 7, 256])
def test_each_digest_is_in_one_slice(of: int) -> None:
    slices = [Slice.parse(f"{number}/{of}") for number in range(1, of + 1)]
    for name in (*(Digest.of(bytes([number])).hex for number in range(256)), "README", "", "zz"):
        assert sum(each.has(name) for each in slices) == 1
        assert WHOLE.has(name)


@pytest.mark.parametrize("text", ["", "0/2", "3/2", "1/257", "1", "-1/2", "1/2/3", "\u0661/\u0662", "1/2\n"])
def test_what_is_no_slice_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="A slice is written as 2/8"):
        Slice.parse(text)
