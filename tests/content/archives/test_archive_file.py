"""Archives from outside, hostile ones among them: nothing leaves them, nothing grows with what a header says."""

from __future__ import annotations

import io
import struct
import tarfile
import time
from pathlib import Path

import pytest

from imagedepot.content.archives.archive_file import ArchiveFile
from imagedepot.errors import InvalidArchive


def member(
    name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(content)
    return info, content


def written(path: Path, *members: tuple[tarfile.TarInfo, bytes], format_: int = tarfile.GNU_FORMAT) -> Path:
    with tarfile.open(path, "w", format=format_) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "archive.tar"


@pytest.mark.parametrize("format_", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_members_are_found_by_their_names_in_every_format(path: Path, format_: int) -> None:
    long = f"blobs/{'d' * 80}/{'e' * 90}" if format_ != tarfile.USTAR_FORMAT else f"{'d' * 80}/{'e' * 90}"
    archive = ArchiveFile(written(path, member("./a", b"1"), member(long, b"22"), member("empty"), format_=format_))
    assert archive.content("a", 10) == b"1"
    assert archive.content(long, 10) == b"22"
    assert archive.content("empty", 10) == b""
    assert archive.find("absent") is None


def test_a_link_is_another_name_of_a_member_here(path: Path) -> None:
    links = [
        member("image/layer.tar", kind=tarfile.SYMTYPE, link="../other/layer.tar"),
        member("same", kind=tarfile.LNKTYPE, link="other/layer.tar"),
        member("round", kind=tarfile.SYMTYPE, link="round"),
    ]
    archive = ArchiveFile(written(path, member("other/layer.tar", b"layer"), *links))
    assert archive.content("image/layer.tar", 10) == archive.content("same", 10) == b"layer"
    assert archive.find("round") is None


@pytest.mark.parametrize(
    ("hostile", "says"),
    [
        (member("../etc/passwd", b"x"), "leads out"),
        (member("/etc/passwd", b"x"), "leads out"),
        (member("a/../../b", b"x"), "leads out"),
        (member("layer.tar", kind=tarfile.SYMTYPE, link="/etc/shadow"), "leads out"),
        (member("layer.tar", kind=tarfile.SYMTYPE, link="../../etc/shadow"), "leads out"),
        (member("layer.tar", kind=tarfile.LNKTYPE, link="../secret"), "leads out"),
        (member("sda", kind=tarfile.BLKTYPE), "neither a file nor a folder"),
        (member("pipe", kind=tarfile.FIFOTYPE), "neither a file nor a folder"),
        (member("sparse", b"x", tarfile.GNUTYPE_SPARSE), "neither a file nor a folder"),
        (member("first", b"again"), "is in the archive twice"),
    ],
)
def test_a_hostile_member_is_refused(path: Path, hostile: tuple[tarfile.TarInfo, bytes], says: str) -> None:
    with pytest.raises(InvalidArchive, match=says):
        ArchiveFile(written(path, member("first", b"1"), hostile))


def test_a_sparse_file_in_a_pax_header_is_refused(path: Path) -> None:
    info, content = member("sparse", b"x")
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.realsize": str(1 << 60)}
    with pytest.raises(InvalidArchive, match="sparse"):
        ArchiveFile(written(path, (info, content), format_=tarfile.PAX_FORMAT))


def test_a_header_of_very_many_records_is_read_in_one_pass(path: Path) -> None:
    info = tarfile.TarInfo("header")
    info.type, info.size = tarfile.XHDTYPE, 1 << 20
    header = info.tobuf(tarfile.USTAR_FORMAT) + b"4 =\n" * (1 << 18)
    path.write_bytes(header * 8 + tarfile.TarInfo("a").tobuf(tarfile.USTAR_FORMAT) + bytes(1024))
    began = time.monotonic()
    assert ArchiveFile(path).content("a", 10) == b""
    assert time.monotonic() - began < 20  # each record copied all that came after it: 128 GB for each header


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_that_says_it_is_gigabytes_is_not_read(path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("header")
    info.type, info.size = kind, 8 << 30
    path.write_bytes(info.tobuf(tarfile.GNU_FORMAT))
    with pytest.raises(InvalidArchive, match="too many for a header"):
        ArchiveFile(path)


@pytest.mark.parametrize("size", [8 << 40, -5])
def test_a_size_beyond_the_end_of_the_file_is_refused(path: Path, size: int) -> None:
    info = tarfile.TarInfo("big")
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[124:136] = (b"\x80" if size > 0 else b"\xff") + size.to_bytes(11, "big", signed=True)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(struct.unpack("512B", header))
    path.write_bytes(bytes(header) + bytes(2048))
    with pytest.raises(InvalidArchive, match="ends in the middle of 'big'"):
        ArchiveFile(path)


def test_an_archive_that_was_cut_anywhere_is_incomplete(path: Path) -> None:
    whole = written(path, member("a", b"1" * 700), member("b", b"2" * 700)).read_bytes()
    end = whole.index(bytes(1024), 700)
    for size in range(1, end, 211):
        path.write_bytes(whole[:size])
        with pytest.raises(InvalidArchive):
            ArchiveFile(path)


@pytest.mark.parametrize("content", [b"", b"not a tar file" * 100, b"<html>" + bytes(600)])
def test_what_is_no_tar_file_is_one_sentence(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(InvalidArchive, match=r"empty|Not a tar file"):
        ArchiveFile(path)
