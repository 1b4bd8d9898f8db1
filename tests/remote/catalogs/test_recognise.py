from __future__ import annotations

import pytest

from imagedepot.errors import InvalidAnswer
from imagedepot.remote.catalogs.recognise import parse_catalog


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "not JSON"),
        (b"root:x:0:0:root:/root:/bin/bash\n", "not JSON"),
        (b'[{"name": "redis", "repos', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'"text"', "neither"),
        (b"7", "neither"),
        (b'[{"some": "rows"}]', "neither"),
        (b"[1, 2, 3]", "neither"),
        (b'{"some": "object"}', "neither"),
        (b'{"templates": 7}', "neither"),
        (b"<!DOCTYPE html><html><body>Just a moment...</body></html>", "web page"),
        (b"<html></html>", "web page"),
        (b'{"imagedepot": 2, "images": []}', "version"),
        (b'{"format": "index:1.0", "index": {}}', "image server"),
        (b'{"format": "products:1.0", "products": {}}', "image server"),
    ],
)
def test_what_is_no_catalog_is_said_so_and_never_repeated(raw: bytes, why: str) -> None:
    with pytest.raises(InvalidAnswer, match=why) as failure:
        parse_catalog(raw)
    assert "root:" not in str(failure.value)


def test_an_empty_list_is_an_empty_catalog() -> None:
    assert parse_catalog(b" []\n").entries == ()
