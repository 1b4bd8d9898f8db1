"""One process for each data folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from imagedepot.errors import DataFolderBusy, StorageFailure
from imagedepot.files.locks import data_dir_lock


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    with data_dir_lock(tmp_path / "data") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        with (
            pytest.raises(DataFolderBusy, match=rf"in use by another Image Depot \(process {os.getpid()}\)$"),
            data_dir_lock(folder),
        ):
            pass
    with data_dir_lock(tmp_path / "data"):
        pass


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    code = "import sys, time; from pathlib import Path; from imagedepot.files.locks import data_dir_lock\n"
    code += "with data_dir_lock(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    with pytest.raises(DataFolderBusy, match=f"process {process.pid}"), data_dir_lock(tmp_path):
        pass
    process.kill()
    process.wait()
    process.stdout.close()
    with data_dir_lock(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_folder_that_cannot_be_used_says_which(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(StorageFailure, match=f"Cannot use the data folder {tmp_path}/file: "),
        data_dir_lock(tmp_path / "file"),
    ):
        pass
