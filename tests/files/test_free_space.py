from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from imagedepot.errors import StorageFailure
from imagedepot.files.free_space import RESERVE, DiskSpace
from tests.ground.needs import require

MB = 1_000_000


def test_what_fits_beside_the_reserve_passes(tmp_path: Path) -> None:
    space = DiskSpace(tmp_path, reserve=10 * MB, free=lambda: 100 * MB)
    space.check(90 * MB, "lab/app:1")
    with pytest.raises(
        StorageFailure,
        match=r"^lab/app:1 needs 90\.0 MB, but only 90\.0 MB is available \(10 MB is kept in reserve\)$",
    ):
        space.check(90 * MB + 1, "lab/app:1")


def test_below_the_reserve_nothing_is_free(tmp_path: Path) -> None:
    space = DiskSpace(tmp_path, reserve=10 * MB, free=lambda: 5 * MB)
    with pytest.raises(StorageFailure, match=r"only 0\.0 MB is available"):
        space.check(0, "The download")


def test_the_figures_are_those_of_the_folders_disk(tmp_path: Path) -> None:
    space = DiskSpace(tmp_path).now()
    assert 0 < space.free <= space.total
    assert space.reserve == RESERVE


def test_a_folder_that_went_away_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageFailure, match=r"Cannot look at the data folder .*gone: No such file"):
        DiskSpace(tmp_path / "gone").check(1, "x")


def test_a_spare_file_is_made_where_there_is_room_and_given_up_on_a_full_disk(tmp_path: Path) -> None:
    script = """
import os, sys
from pathlib import Path
from imagedepot.files.free_space import DiskSpace
data = Path(sys.argv[1])
disk = DiskSpace(data, reserve=1 << 20)
disk.make_room()
print((data / "spare").stat().st_blocks * 512)
with open(data / "filler", "wb", buffering=0) as filler:
    try:
        while filler.write(bytes(4096)):
            pass
    except OSError:
        pass
disk.make_room()
print((data / "spare").exists(), disk.now().free)
disk.make_room()
print((data / "spare").exists())
(data / "filler").unlink()
disk.make_room()
print((data / "spare").exists())
"""
    require("unshare")
    private = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    mount = 'mount -t tmpfs -o size=16m tmpfs "$2" && exec "$0" -c "$1" "$2"'
    done = subprocess.run(
        [*private, "sh", "-c", mount, sys.executable, script, tmp_path], capture_output=True, text=True, check=True
    )
    made, given_up, still, again = done.stdout.splitlines()
    assert int(made) == 8 << 20
    assert given_up == f"False {8 << 20}"
    assert (still, again) == ("False", "True"), "not before there is room for it beside the reserve"
