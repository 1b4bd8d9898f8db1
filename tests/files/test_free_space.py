from __future__ import annotations

from pathlib import Path

import pytest

from imagedepot.errors import StorageFailure
from imagedepot.files.free_space import RESERVE, DiskSpace

MB = 1_000_000


def test_what_fits_beside_the_reserve_passes(tmp_path: Path) -> None:
    space = DiskSpace(tmp_path, reserve=10 * MB, free=lambda: 100 * MB)
    space.check(90 * MB, "lab/app:1")
    with pytest.raises(
        StorageFailure,
        match=r"^lab/app:1 needs 90\.0 MB, but only 90\.0 MB are free .* \(beside a reserve of 10 MB\)$",
    ):
        space.check(90 * MB + 1, "lab/app:1")


def test_below_the_reserve_nothing_is_free(tmp_path: Path) -> None:
    space = DiskSpace(tmp_path, reserve=10 * MB, free=lambda: 5 * MB)
    with pytest.raises(StorageFailure, match=r"only 0\.0 MB are free"):
        space.check(0, "The download")


def test_the_figures_are_those_of_the_folders_disk(tmp_path: Path) -> None:
    space = DiskSpace(tmp_path).now()
    assert 0 < space.free <= space.total
    assert space.reserve == RESERVE


def test_a_folder_that_went_away_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageFailure, match=r"Cannot look at the data folder .*gone: No such file"):
        DiskSpace(tmp_path / "gone").check(1, "x")
