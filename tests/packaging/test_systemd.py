"""The unit: nothing in it is wrong, and little is left to a service that has been taken over."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.ground.debian import ROOT
from tests.ground.needs import require

UNITS = ROOT / "packaging/systemd"
MOST_EXPOSED = 15  # of 100; what systemd calls OK ends at 30


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """With a program that every host has: `verify` asks whether it is there."""
    path = tmp_path / "imagedepot.service"
    text = (UNITS / "imagedepot.service").read_text()
    assert "ExecStart=/usr/bin/imagedepot serve" in text
    path.write_text(text.replace("/usr/bin/imagedepot", "/bin/true"))
    return path


def test_systemd_finds_nothing_wrong_in_it(unit: Path) -> None:
    require("systemd-analyze")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    said = [line for line in (done.stdout + done.stderr).splitlines() if "imagedepot" in line]
    assert (done.returncode, said) == (0, [])


def test_little_is_left_to_it(unit: Path) -> None:
    require("systemd-analyze")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", f"--threshold={MOST_EXPOSED}", "--no-pager", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr


def test_its_user_and_folder_are_made(tmp_path: Path) -> None:
    require("systemd-sysusers", "systemd-tmpfiles")
    (tmp_path / "etc").mkdir()
    for program, file in (("systemd-sysusers", "sysusers.conf"), ("systemd-tmpfiles", "tmpfiles.conf")):
        options = ["--create"] if program == "systemd-tmpfiles" else []
        done = subprocess.run(
            [program, *options, f"--root={tmp_path}", UNITS / file], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert re.search(r"^imagedepot:", (tmp_path / "etc/passwd").read_text(), re.MULTILINE)
    assert (tmp_path / "var/lib/imagedepot").stat().st_mode & 0o777 == 0o700
