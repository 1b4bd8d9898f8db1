"""What commands began stays for the next one, for a while."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imagedepot.content.unfinished import KEPT_SECONDS, Unfinished
from imagedepot.model.digest import Digest

BLOB = Digest.of(b"blob")
FILE = "url-" + "ab" * 32
NOW = 1_800_000_000.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "unfinished"


def test_parts_are_known_until_the_image_is_here(folder: Path) -> None:
    unfinished = Unfinished(folder)
    assert unfinished.parts() == frozenset()
    unfinished.note("docker lab/app 1", [BLOB.key])
    unfinished.note("lxc debian/bookworm ", [FILE])
    again = Unfinished(folder)
    assert again.parts() == {BLOB.key, FILE}
    assert again.digests() == {BLOB}
    again.forget("docker lab/app 1")
    again.forget("docker never/begun 1")
    assert again.parts() == {FILE}


def test_the_last_note_of_an_image_counts(folder: Path) -> None:
    unfinished = Unfinished(folder)
    unfinished.note("docker lab/app 1", [Digest.of(b"old").key])
    unfinished.note("docker lab/app 1", [BLOB.key])
    assert unfinished.digests() == {BLOB}


def test_what_nobody_finished_for_a_month_is_given_up(folder: Path) -> None:
    unfinished = Unfinished(folder, lambda: NOW)
    unfinished.note("docker lab/app 1", [BLOB.key])
    (note,) = folder.iterdir()
    os.utime(note, (NOW, NOW - KEPT_SECONDS + 60))
    assert unfinished.digests() == {BLOB}
    os.utime(note, (NOW, NOW - KEPT_SECONDS - 60))
    assert unfinished.digests() == frozenset()
    assert list(folder.iterdir()) == []


def test_all_of_it_can_be_given_up(folder: Path) -> None:
    unfinished = Unfinished(folder)
    unfinished.forget_all()
    unfinished.note("docker lab/app 1", [BLOB.key])
    unfinished.note("lxc debian/bookworm ", [FILE])
    unfinished.forget_all()
    assert unfinished.parts() == frozenset()


def test_a_note_that_is_broken_names_nothing(folder: Path) -> None:
    folder.mkdir()
    (folder / "broken").write_bytes(b"\xff\xfe\n../../etc/passwd\nsha256-zz")
    assert Unfinished(folder).digests() == frozenset()
