"""A kill at any moment of a restore leaves what was there before, or all of the backup after the next start."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from imagedepot.backup.commit import STAGING, finish_pending
from imagedepot.backup.restore import restore
from imagedepot.backup.save import back_up
from imagedepot.cli.main import run
from tests.cli.command import Command
from tests.ground.killed_restore import CALLS, killed_restores

_NEW_EACH_TIME = {"lock", "spare"}


def files(data: Path) -> dict[str, str]:
    """The hash of each file that counts."""
    found = [Path(folder, name) for folder, _, names in os.walk(data) for name in names]
    kept = [path for path in found if path.relative_to(data).parts[0] not in (STAGING, *_NEW_EACH_TIME)]
    return {str(path.relative_to(data)): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


@pytest.fixture
def backup(template: Path, tmp_path: Path) -> Path:
    back_up(template, str(tmp_path / "backup.tar"))
    return tmp_path / "backup.tar"


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is one: hundreds of restores wait for the disk thousands of times."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as folder:
        yield Path(folder)


def outcomes(quick: Path, backup: Path, before: Path, calls: Sequence[str] = CALLS) -> list[bool]:
    """Whether each killed restore came through, once the next start has done its part."""
    folder, after = quick / "killed", quick / "after"
    folder.mkdir()
    shutil.copytree(before, after)
    restore(after, str(backup), replace=True)
    old, new = files(before), files(after)
    assert old != new
    assert sum(killed_restores(folder, backup, before, call, step=6) for call in calls) >= 10
    came_through = []
    for data in folder.iterdir():
        is_committed = (data / STAGING / "committed").exists()
        assert is_committed or files(data) in (old, new), "neither the old state nor the new one"
        finish_pending(data)
        assert files(data) == new if is_committed else files(data) in (old, new)
        came_through.append(files(data) == new)
    return came_through


def test_a_restore_killed_anywhere_leaves_the_old_state_or_the_new_one(
    backup: Path, filled: Command, tmp_path: Path, quick: Path
) -> None:
    assert filled("remove", "lab/tool:1").code == 0
    assert filled("user", "add", "bob", "--password-file", str(tmp_path / "password")).code == 0
    found = outcomes(quick, backup, filled.data)
    assert {True, False} == set(found)


def test_a_restore_into_nothing_killed_anywhere_leaves_nothing_or_all_of_it(
    backup: Path, tmp_path: Path, quick: Path
) -> None:
    (tmp_path / "empty").mkdir()
    found = outcomes(quick, backup, tmp_path / "empty", ["rename", "fsync"])
    assert {True, False} == set(found)


def test_the_next_command_carries_a_killed_restore_through(backup: Path, tmp_path: Path, filled: Command) -> None:
    assert filled("remove", "lab/tool:1").code == 0
    (tmp_path / "killed").mkdir()
    killed_restores(tmp_path / "killed", backup, filled.data, "rename", step=5)
    pending = [data for data in (tmp_path / "killed").iterdir() if (data / STAGING / "committed").exists()]
    assert pending
    for data in pending[::2]:
        assert run(["--data-dir", str(data), "inspect", "lab/tool:1"]) == 0
        assert not (data / STAGING).exists()


def test_a_kill_between_the_last_file_and_the_end_of_its_note_locks_nobody_out(filled: Command) -> None:
    before = files(filled.data)
    (filled.data / STAGING).mkdir()
    (filled.data / STAGING / "committed").write_text(json.dumps(sorted(before)))
    finish_pending(filled.data)
    assert files(filled.data) == before
    assert not (filled.data / STAGING).exists()


def test_a_restore_starts_over_after_a_killed_one(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "data/restore/files/content").mkdir(parents=True)
    (tmp_path / "data/restore/files/content/index.json").write_text("half of")
    assert restore(tmp_path / "data", str(backup)).files > 10
    assert not (tmp_path / "data/restore").exists()
