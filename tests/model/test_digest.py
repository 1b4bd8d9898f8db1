import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.errors import InvalidReference
from imagedepot.model.digest import Digest


@given(st.binary(max_size=100), st.sampled_from(["sha256", "sha512"]))
def test_a_digest_is_what_hashlib_says(content: bytes, algorithm: str) -> None:
    digest = Digest.of(content, algorithm)
    assert digest.hex == hashlib.new(algorithm, content).hexdigest()
    assert Digest.parse(str(digest)) == digest
    hasher = digest.hasher()
    hasher.update(content)
    assert hasher.hexdigest() == digest.hex


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256",
        "sha256:",
        "sha256:" + "g" * 64,
        "sha256:" + "A" * 64,
        "sha256:" + "a" * 63,
        "sha512:" + "a" * 64,
        "md5:" + "a" * 32,
        "sha256:../" + "a" * 61,
        "sha256:" + "a" * 64 + "\n",
        "sha256:" + "１" * 64,
    ],
)
def test_only_registered_algorithms_of_the_right_length(text: str) -> None:
    with pytest.raises(InvalidReference):
        Digest.parse(text)


@given(st.text(max_size=80) | st.from_regex(r"(sha256|sha512|sha384):[0-9a-f]{60,130}", fullmatch=True))
def test_any_text_is_a_digest_safe_as_a_file_name_or_refused(text: str) -> None:
    try:
        digest = Digest.parse(text)
    except InvalidReference:
        return
    assert str(digest) == text
    assert set(digest.hex) <= set("0123456789abcdef")
    assert (digest.algorithm, len(digest.hex)) in {("sha256", 64), ("sha512", 128)}
