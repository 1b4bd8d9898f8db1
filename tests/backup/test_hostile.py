"""A backup that was changed, cut off or made to do harm is refused in a sentence; the data folder stays what it was."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from imagedepot.backup.members import CHECKSUMS, HEAD
from imagedepot.backup.restore import restore
from imagedepot.backup.save import back_up
from imagedepot.errors import InvalidInput
from imagedepot.model.digest import Digest
from tests.ground.images import packed_layer

Content = dict[str, bytes]
OTHER = "imagedepot-other"


@pytest.fixture
def backup(template: Path, tmp_path: Path) -> Path:
    back_up(template, str(tmp_path / "backup.tar"))
    return tmp_path / "backup.tar"


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    """A data folder in use before; whatever is refused leaves it alone."""
    folder = tmp_path / "target"
    (folder / "content").mkdir(parents=True)
    (folder / "content/index.json").write_text("{}")
    yield folder
    assert {path.name for path in folder.iterdir()} <= {"content", "lock"}
    assert (folder / "content/index.json").read_text() == "{}"
    assert not (folder.parent / OTHER).exists()


def contents(file: Path) -> Content:
    with tarfile.open(file) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def packed(file: Path, content: Content, extra: Callable[[tarfile.TarFile], object] = lambda _: None) -> None:
    """With right checksums; `extra` adds what no backup of ours has."""
    body = {name: content[name] for name in content if name != CHECKSUMS}
    sums = "".join(f"{hashlib.sha256(each).hexdigest()}  {name}\n" for name, each in body.items())
    with tarfile.open(file, "w") as tar:
        for name, each in body.items():
            add(tar, name, each)
        extra(tar)
        add(tar, CHECKSUMS, sums.encode())


def add(tar: tarfile.TarFile, name: str, content: bytes = b"x", kind: bytes = tarfile.REGTYPE, link: str = "") -> None:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    member.size = len(content) if kind == tarfile.REGTYPE else 0
    tar.addfile(member, io.BytesIO(content))


def refused(file: Path, target: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        restore(target, str(file), replace=True)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "kind", "link", "why"),
    [
        (f"../{OTHER}", tarfile.REGTYPE, "", "is nothing that a backup holds"),
        (f"/tmp/{OTHER}", tarfile.REGTYPE, "", "is nothing that a backup holds"),
        (f"content/blobs/sha256/../../../../{OTHER}", tarfile.REGTYPE, "", "is nothing that a backup holds"),
        ("control.sock", tarfile.REGTYPE, "", "is nothing that a backup holds"),
        ("tls/other.key", tarfile.REGTYPE, "", "is nothing that a backup holds"),
        ("unfinished/note", tarfile.REGTYPE, "", "is nothing that a backup holds"),
        ("content\nblobs", tarfile.REGTYPE, "", "is nothing that a backup holds"),
        ("engine.json", tarfile.SYMTYPE, "/etc/passwd", "is not a plain file"),
        ("engine.json", tarfile.LNKTYPE, "imagedepot.db", "is not a plain file"),
        ("engine.json", tarfile.CHRTYPE, "", "is not a plain file"),
        ("engine.json", tarfile.FIFOTYPE, "", "is not a plain file"),
        ("content", tarfile.DIRTYPE, "", "is not a plain file"),
        ("imagedepot.db", tarfile.REGTYPE, "", "is in it twice"),
        (HEAD, tarfile.REGTYPE, "", "is in it twice"),
    ],
)
def test_a_hostile_member_is_refused(backup: Path, target: Path, name: str, kind: bytes, link: str, why: str) -> None:
    packed(backup, contents(backup), lambda tar: add(tar, name, kind=kind, link=link))
    assert refused(backup, target) == f"{backup} was not made by Image Depot, or was changed: {name!r} {why}"


@pytest.mark.parametrize("size", [-5, -512, -1024])
def test_a_member_of_a_negative_size_is_refused(backup: Path, target: Path, size: int) -> None:
    member = tarfile.TarInfo("engine.json")
    member.pax_headers = {"size": str(size)}
    packed(backup, contents(backup), lambda tar: tar.addfile(member))
    assert refused(backup, target).endswith("'engine.json' has a negative size")


def test_headers_of_headers_without_an_end_are_refused(backup: Path, target: Path) -> None:
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1
    one = header.tobuf(tarfile.GNU_FORMAT) + b"a".ljust(512, b"\0")
    with tarfile.open(backup) as tar:
        begin = tar.getmembers()[1].offset
    backup.write_bytes(backup.read_bytes()[:begin] + one * 5000)
    assert refused(backup, target).startswith(f"{backup} cannot be read as a backup: ")


def test_what_comes_after_the_checksums_is_refused(backup: Path, target: Path) -> None:
    with tarfile.open(backup, "a") as tar:
        add(tar, "engine.json")
    assert refused(backup, target).endswith("'engine.json' comes after the checksums")


def test_a_backup_that_was_cut_off_anywhere_is_refused(backup: Path, target: Path) -> None:
    whole = backup.read_bytes()
    with tarfile.open(backup) as tar:
        ends = [member.offset_data + member.size for member in tar]
    for length in (0, 100, 512, ends[0], *(end - 1 for end in ends[1:]), *ends[:-1]):
        backup.write_bytes(whole[:length])
        assert refused(backup, target).startswith(str(backup))


def test_a_byte_that_changed_is_found(backup: Path, target: Path) -> None:
    with tarfile.open(backup) as tar:
        places = [member.offset_data for member in tar if member.size]
    whole = backup.read_bytes()
    for place in places:
        backup.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert refused(backup, target).startswith(str(backup))


@pytest.mark.parametrize(
    "content", [b"", b"no tar file", packed_layer({"etc/passwd": b"x"}), gzip.compress(b"x", mtime=0)]
)
def test_another_file_is_said_to_be_none(tmp_path: Path, target: Path, content: bytes) -> None:
    file = tmp_path / "other"
    file.write_bytes(content)
    assert refused(file, target).startswith(f"{file} ")


@pytest.mark.parametrize("head", [b"[]", b"{", b"{}", b'{"format": 1}', b"[" * 100_000])
def test_a_head_that_makes_no_sense_is_refused(backup: Path, target: Path, head: bytes) -> None:
    packed(backup, {**contents(backup), HEAD: head})
    assert refused(backup, target) == f"{backup} is not a backup of Image Depot"


def test_a_backup_of_a_newer_version_is_left_alone(backup: Path, target: Path) -> None:
    content = contents(backup)
    head = json.loads(content[HEAD])
    packed(backup, {**content, HEAD: json.dumps({**head, "version": "9.1.0", "revision": "9999"}).encode()})
    assert refused(backup, target) == (
        f"{backup} was made by a newer Image Depot (9.1.0), whose database this version cannot read: use that version"
    )
    packed(backup, {**content, HEAD: json.dumps({**head, "version": "9.1.0", "format": 2}).encode()})
    assert refused(backup, target) == f"{backup} was made by a newer Image Depot (9.1.0): use that one"


def test_a_newer_database_is_refused_whatever_the_head_says(backup: Path, target: Path, tmp_path: Path) -> None:
    content = contents(backup)
    (tmp_path / "newer.db").write_bytes(content["imagedepot.db"])
    with closing(sqlite3.connect(tmp_path / "newer.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with closing(sqlite3.connect(tmp_path / "newer.db")) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    packed(backup, {**content, "imagedepot.db": (tmp_path / "newer.db").read_bytes()})
    assert "was made by a newer Image Depot, whose database" in refused(backup, target)


@pytest.mark.parametrize("database", [b"no database" * 100, b"SQLite format 3\x00" + bytes(4000)])
def test_a_broken_database_is_refused(backup: Path, target: Path, database: bytes) -> None:
    packed(backup, {**contents(backup), "imagedepot.db": database})
    assert refused(backup, target).startswith(f"{backup} is damaged: its database ")


def test_bytes_under_the_name_of_others_never_become_a_blob(backup: Path, tmp_path: Path) -> None:
    name = f"content/blobs/sha256/{Digest.of(b'what it should be').hex}"
    packed(backup, contents(backup), lambda tar: add(tar, name, b"something else"))
    content = contents(backup)
    packed(backup, {**content, name: b"something else"})
    found = restore(tmp_path / "new", str(backup))
    assert [str(digest) for digest in found.damaged] == [str(Digest.of(b"what it should be"))]
    assert not (tmp_path / "new" / name).exists()
