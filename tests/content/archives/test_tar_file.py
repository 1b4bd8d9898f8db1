"""A tar file that is made while it is read."""

from __future__ import annotations

import io
import tarfile

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.content.archives.tar_file import Member, TarFile, check_sizes
from imagedepot.content.archives.unpacked_layer import UnpackedLayer, unpacked_size
from imagedepot.errors import InvalidAnswer, StorageFailure, UpstreamError


def blob(name: str, content: bytes, size: int | None = None) -> Member:
    def opened(offset: int) -> io.BytesIO:
        return io.BytesIO(content[offset:])

    return Member(name, len(content) if size is None else size, opened)


MEMBERS = (
    Member("manifest.json", 5, b"[...]"),
    blob("a.tar", bytes(range(256)) * 5),
    blob("empty.tar", b""),
    blob("x" * 140, b"y" * 512),
)
WHOLE = b"".join(TarFile(MEMBERS))


def test_every_tar_reader_finds_the_members() -> None:
    with tarfile.open(fileobj=io.BytesIO(WHOLE)) as tar:
        found = {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]
    assert list(found) == ["manifest.json", "a.tar", "empty.tar", "x" * 140]
    assert found["a.tar"] == bytes(range(256)) * 5


def test_its_length_is_known_before_it_is_read() -> None:
    assert TarFile(MEMBERS).size == len(WHOLE)


@given(st.integers(0, len(WHOLE)), st.integers(0, len(WHOLE)))
def test_any_part_is_that_part_of_the_whole(start: int, end: int) -> None:
    assert b"".join(TarFile(MEMBERS).chunks(start, end)) == WHOLE[start:end]


def test_another_content_has_another_etag() -> None:
    other = (Member("manifest.json", 5, b"[,,,]"), *MEMBERS[1:])
    assert TarFile(MEMBERS).etag == TarFile(MEMBERS).etag != TarFile(other).etag


@pytest.mark.parametrize(("size", "has"), [(11, "10 bytes"), (9, "more bytes")])
def test_a_blob_of_another_size_than_promised_ends_it(size: int, has: str) -> None:
    with pytest.raises(UpstreamError, match=has):
        list(TarFile([blob("a.tar", b"0123456789", size)]))


def test_a_blob_that_is_shorter_than_its_descriptor_is_noticed_before_the_first_byte() -> None:
    with pytest.raises(StorageFailure, match="has 3 bytes here, and its manifest promises 4"):
        check_sizes([("sha256:aa", 4, 3)])


def test_a_layer_packed_with_zstd_is_read_unpacked_from_any_byte_on() -> None:
    plain = bytes(range(250)) * 9000
    packed = zstandard.compress(plain[:1_000_000]) + zstandard.compress(plain[1_000_000:])  # two frames
    assert unpacked_size(io.BytesIO(packed), len(packed)) == len(plain)
    with UnpackedLayer(io.BytesIO(packed), 999_990) as layer:
        assert layer.read(20) == plain[999_990:1_000_010]


def test_a_layer_that_is_no_zstd_is_an_error_of_ours() -> None:
    with pytest.raises(InvalidAnswer, match="cannot be unpacked"):
        unpacked_size(io.BytesIO(b"\x28\xb5\x2f\xfd" + b"nonsense" * 9), 76)


def test_a_layer_that_unpacks_without_end_is_refused_early() -> None:
    zeros = zstandard.ZstdCompressor(level=1).compress(bytes(1 << 27))
    bomb = zeros * 1000  # 128 GB of zeros
    read = io.BytesIO(bomb)
    read.close = lambda: None  # type: ignore[method-assign]
    with pytest.raises(InvalidAnswer, match=r"unpacks to more than 1,073,741,824: take an oci-archive"):
        unpacked_size(read, len(zeros))
    assert read.tell() < len(bomb) / 10
