"""Hostile tar files: nothing leads out of an image, nothing grows beyond measure."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.content.archives.unpacked import Unpacked, limit_for, unpacked
from imagedepot.errors import Cancelled, InvalidAnswer
from imagedepot.stores.lxc_images.members import Guard, clean, members
from tests.stores.lxc_archives import Archive, xz


def read(path: Path, limit: int = 1 << 30, tick: Callable[[], None] = lambda: None) -> list[str]:
    """The paths of all members, their contents read too."""
    guard = Guard("lab", limit)
    found = []
    with unpacked(path, "lab", tick) as source:
        for member in members(source, guard, "lab"):
            while member.content is not None and member.content.read(1000):
                pass
            found.append(member.path)
    return found


@pytest.fixture
def read_tar(tmp_path: Path) -> Callable[[Archive], list[str]]:
    def reading(archive: Archive) -> list[str]:
        (tmp_path / "a.tar").write_bytes(archive.plain())
        return read(tmp_path / "a.tar")

    return reading


Read = Callable[[Archive], list[str]]


@pytest.mark.parametrize(
    ("archive", "why"),
    [
        (Archive().file("../etc/passwd"), "leads out of the image"),
        (Archive().file("a/../../b"), "leads out of the image"),
        (Archive().file("/etc/passwd"), "leads out of the image"),
        (Archive().link("a", "/etc").file("a/passwd"), "goes through a link"),
        (Archive().link("a", "b").folder("a/c"), "goes through a link"),
        (Archive().folder("x").link("x/a", "..").hard("x/b", "x/a/passwd"), "goes through a link"),
        (Archive().hard("a", "/etc/shadow"), "leads out of the image"),
        (Archive().hard("a", "../shadow"), "leads out of the image"),
        (Archive().hard("a", "never-there"), "is a hard link to a file that is not in it"),
        (Archive().link("l", "/etc/shadow").hard("a", "l"), "is a hard link to a file that is not in it"),
        (Archive().file("a").hard("a", "a"), "is a hard link to a file that is not in it"),
        (Archive().folder("a").link("a", "/etc"), "is in it twice, as different things"),
        (Archive().file("a/b").link("a", "/etc"), "is in it twice, as different things"),
        (Archive().link(".", "/etc"), "is in it twice, as different things"),
        (Archive().member("a", b"V"), "is of a kind that no image has"),
        (Archive().file("/".join(["n" * 200] * 30)), "leads out of the image"),
    ],
)
def test_what_leads_out_of_the_image_is_refused(read_tar: Read, archive: Archive, why: str) -> None:
    with pytest.raises(InvalidAnswer, match=why):
        read_tar(archive)


def test_devices_are_left_out_and_what_hangs_on_them(read_tar: Read) -> None:
    archive = Archive().member("dev/null", tarfile.CHRTYPE).member("dev/sda", tarfile.BLKTYPE).hard("dev/x", "dev/sda")
    assert read_tar(archive.member("run/initctl", tarfile.FIFOTYPE).file("a")) == ["run/initctl", "a"]


def test_links_inside_may_point_anywhere(read_tar: Read) -> None:
    archive = Archive().link("bin/sh", "/bin/busybox").link("etc/mtab", "../../proc/mounts")
    assert read_tar(archive) == ["bin/sh", "etc/mtab"]


def test_names_come_without_what_says_nothing(read_tar: Read) -> None:
    archive = Archive().folder("./").folder("./etc/").file(".//etc/./hostname").file("bin/a").hard("b", "./bin//a")
    assert read_tar(archive) == ["", "etc", "etc/hostname", "bin/a", "b"]


def test_names_and_attributes_that_are_not_utf8_are_kept(tmp_path: Path) -> None:
    header = tarfile.TarInfo("bad\udcff")
    header.pax_headers = {"SCHILY.xattr.security.capability": "\x01\udcff\x00", "comment": "no", "SCHILY.dev": "9"}
    (tmp_path / "a.tar").write_bytes(Archive().header(header, pax=True).plain())
    with unpacked(tmp_path / "a.tar", "lab", lambda: None) as source:
        (member,) = members(source, Guard("lab", 1 << 20), "lab")
    written = clean(member, member.path)
    assert written.name == "./bad\udcff"
    assert written.pax_headers == {"SCHILY.xattr.security.capability": "\x01\udcff\x00"}


def test_owners_stay_numbers_and_times_stay_sane(tmp_path: Path) -> None:
    header = tarfile.TarInfo("a")
    header.uid, header.gid, header.uname, header.mode = 100000, 100001, "somebody", 0o104755
    header.pax_headers = {"mtime": "inf"}
    (tmp_path / "a.tar").write_bytes(Archive().header(header, pax=True).plain())
    with unpacked(tmp_path / "a.tar", "lab", lambda: None) as source:
        (member,) = members(source, Guard("lab", 1 << 20), "lab")
    written = clean(member, member.path)
    assert (written.uid, written.gid, written.uname, written.mode, written.mtime) == (100000, 100001, "", 0o4755, 0)


@pytest.mark.parametrize(("key", "value"), [("uid", "-1"), ("gid", "99999999999"), ("size", "-5")])
def test_owners_and_sizes_that_make_no_sense_are_refused(read_tar: Read, key: str, value: str) -> None:
    header = tarfile.TarInfo("a")
    header.pax_headers = {key: value}
    with pytest.raises(InvalidAnswer, match=r"makes? no sense"):
        read_tar(Archive().header(header, pax=True).file("b"))


def test_a_header_that_claims_gigabytes_is_refused_before_it_is_read(read_tar: Read) -> None:
    for kind in (tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME):
        header = tarfile.TarInfo("a")
        header.type, header.size = kind, 3 << 30
        with pytest.raises(InvalidAnswer, match="a header in it is too long"):
            read_tar(Archive().raw(header.tobuf(tarfile.GNU_FORMAT)))


def test_a_header_made_to_keep_a_search_busy_is_refused(read_tar: Read) -> None:
    header = tarfile.TarInfo("a")
    header.type, header.size = tarfile.XHDTYPE, 100_000
    with pytest.raises(InvalidAnswer, match="a header in it makes no sense"):
        read_tar(Archive().raw(header.tobuf(tarfile.GNU_FORMAT) + b"1" * 100_352))


def test_names_that_would_fill_the_memory_are_refused() -> None:
    guard = Guard("lab", 1 << 30)
    with pytest.raises(InvalidAnswer, match="too long names, for an image"):
        for number in range(1000):  # each brings two thousand folders of two thousand letters
            guard.admit(tarfile.TarInfo("/".join([f"{number:04}", *["a"] * 2045])))
    assert sum(map(len, guard.kinds)) < 150 << 20


def test_reading_a_file_of_nothing_but_empty_streams_can_be_ended(tmp_path: Path) -> None:
    (tmp_path / "a.tar.xz").write_bytes(lzma.compress(b"") * 5000)
    asked = 0

    def tick() -> None:
        nonlocal asked
        asked += 1
        if asked > 100:
            raise Cancelled

    with pytest.raises(Cancelled):
        read(tmp_path / "a.tar.xz", tick=tick)


def test_headers_without_end_are_refused(read_tar: Read) -> None:
    header = tarfile.TarInfo("a")
    header.type, header.size = tarfile.XHDTYPE, 0
    with pytest.raises(InvalidAnswer, match="header"):
        read_tar(Archive().raw(header.tobuf(tarfile.GNU_FORMAT) * 3000))


def test_a_hole_of_terabytes_is_refused(read_tar: Read) -> None:
    header = tarfile.TarInfo("a")
    header.pax_headers = {"GNU.sparse.size": str(1 << 44), "GNU.sparse.numblocks": "0", "GNU.sparse.map": "0,0"}
    with pytest.raises(InvalidAnswer, match=r"grows to more than 1\.1 GB"):
        read_tar(Archive().header(header, pax=True))


def test_what_grows_beyond_measure_is_refused(tmp_path: Path) -> None:
    with unpacked(_written(tmp_path, gzip.compress(bytes(1 << 20))), "lab", lambda: None) as source:
        bomb = Unpacked(source, "lab", 1 << 19, lambda: None)
        with pytest.raises(InvalidAnswer, match="grows to more than"):
            bomb.read(1 << 20)
    assert limit_for(1000) == 1 << 30
    assert limit_for(100 << 20) == 10_000 << 20
    assert limit_for(1 << 50) == 64 << 30


@pytest.mark.parametrize("compress", [gzip.compress, xz, bz2.compress, zstandard.compress, bytes])
def test_every_packing_is_read_to_its_end_and_cut_off_it_is_refused(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    archive = Archive()
    for number in range(40):
        archive.file(f"f{number}", random.Random(number).randbytes(2000))
    whole = compress(archive.plain())
    assert len(read(_written(tmp_path, whole))) == 40
    for at in (len(whole) // 2, len(whole) // 10, 600, 3):
        with pytest.raises(InvalidAnswer):
            read(_written(tmp_path, whole[:at]))


def test_pieces_one_behind_the_other_are_one_file(tmp_path: Path) -> None:
    plain = Archive().file("a", b"a" * 5000).plain()
    for compress in (gzip.compress, xz, zstandard.compress):
        pieces = b"".join(compress(plain[at : at + 2000]) for at in range(0, len(plain), 2000))
        assert read(_written(tmp_path, pieces)) == ["a"]


def test_a_compressor_that_wants_a_gigabyte_is_refused(tmp_path: Path) -> None:
    plain = Archive().file("a").plain()
    parameters = zstandard.ZstdCompressionParameters(window_log=30, write_content_size=0)
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 20}]
    packed = bytearray(lzma.compress(plain, filters=filters))
    block = slice(12, 12 + (packed[12] + 1) * 4)
    header = packed[block]
    header[4] = 36  # a dictionary of 1 GiB; packing it that way would take more than that here
    header[-4:] = zlib.crc32(header[:-4]).to_bytes(4, "little")
    packed[block] = header
    for greedy in (stream.compress(plain) + stream.flush(), bytes(packed)):
        with pytest.raises(InvalidAnswer, match="damaged"):
            read(_written(tmp_path, greedy))


def test_reading_can_be_ended(tmp_path: Path) -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read(_written(tmp_path, Archive().file("a").plain()), tick=stop)


@given(st.binary(max_size=3000), st.integers(0, 6000), st.integers(1, 40))
def test_no_bytes_at_all_bring_it_down(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int, cut: int
) -> None:
    plain = Archive().root().plain()
    broken = plain[:at] + noise + plain[at + cut :]
    path = tmp_path_factory.getbasetemp() / "noise.tar"
    path.write_bytes(broken)
    try:
        for name in read(path):
            assert not name.startswith("/")
            assert ".." not in name.split("/")
    except InvalidAnswer:
        pass


def _written(folder: Path, content: bytes) -> Path:
    path = folder / "written"
    path.write_bytes(content)
    return path
