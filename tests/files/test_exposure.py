"""A secret that others may read is said to be one, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagedepot.files.exposure import exposure


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_file_that_others_may_open_is_named_with_its_mode_and_the_remedy(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "password"
    file.touch()
    file.chmod(mode)
    assert f"(mode {mode:04o}): chmod 600 {file}" in exposure(file)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_its_owners_alone_is_well(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "password"
    file.touch()
    file.chmod(mode)
    assert exposure(file) == ""


def test_what_is_no_plain_file_is_not_judged(tmp_path: Path) -> None:
    assert exposure(tmp_path / "absent") == ""
    assert exposure(Path("/dev/null")) == ""
