"""An address of a bucket is taken as it is meant, or refused with the reason."""

from __future__ import annotations

import pytest

from imagedepot.model.names.s3_address import S3Address


def test_an_address_has_a_bucket_and_whatever_else_is_named() -> None:
    assert S3Address.parse("s3://depot") == S3Address("depot")
    assert S3Address.parse("s3://depot/") == S3Address("depot")
    text = "s3://depot/a/b?endpoint=https://s3.lan:3900/&region=garage&public=https://s3.example"
    assert S3Address.parse(text) == S3Address("depot", "a/b/", "https://s3.lan:3900", "garage", "https://s3.example")
    assert str(S3Address.parse(text)) == "s3://depot/a/b at https://s3.lan:3900"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("depot", "not s3://bucket/prefix"),
        ("https://depot", "not s3://bucket/prefix"),
        ("s3:///prefix", "not s3://bucket/prefix"),
        ("s3://AB", "not s3://bucket/prefix"),
        ("s3://key:secret@depot", "not s3://bucket/prefix"),
        ("s3://depot/a#b", "not s3://bucket/prefix"),
        ("s3://depot/a//b", "the prefix has"),
        ("s3://depot/../b", "the prefix has"),
        ("s3://depot/a b", "the prefix has"),
        ("s3://depot?secret=x", "there is no 'secret' among endpoint, region, public"),
        ("s3://depot?region=a&region=b", "an option is named twice"),
        ("s3://depot?region=a%20b", "the region is not a word"),
        ("s3://depot?region=", "the region is not a word"),
        ("s3://depot?endpoint=s3.lan", "the endpoint is not an http or https address"),
        ("s3://depot?endpoint=https://s3.lan/path", "the endpoint is not an http or https address"),
        ("s3://depot?endpoint=https://key:secret@s3.lan", "the endpoint is not an http or https address"),
        ("s3://depot?endpoint=https://s3.lan:port", "the endpoint is not an http or https address"),
        ("s3://depot?public=ftp://s3.lan", "the public is not an http or https address"),
    ],
)
def test_what_is_no_such_address_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        S3Address.parse(text)
