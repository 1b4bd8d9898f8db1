"""Small files: as they were, or as they shall be."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagedepot.errors import StorageFailure
from imagedepot.files.atomic import write_durably


def test_a_file_is_replaced_as_a_whole_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "index.json"
    for content in (b"one", b"two and more"):
        write_durably(path, content, mode=0o600)
        assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_what_an_earlier_process_left_beside_it_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / ".index.json.new").write_bytes(b"half of something long")
    write_durably(tmp_path / "index.json", b"new")
    assert (tmp_path / "index.json").read_bytes() == b"new"


def test_whoever_has_the_old_file_open_goes_on_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "index.json"
    write_durably(path, b"old")
    with path.open("rb") as reader:
        write_durably(path, b"new")
        assert reader.read() == b"old"


def test_a_failure_names_the_file_and_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "index.json"
    path.mkdir()
    (path / "inside").touch()
    with pytest.raises(StorageFailure, match=r"^Cannot write index\.json: "):
        write_durably(path, b"new")
    assert (path / "inside").exists()
