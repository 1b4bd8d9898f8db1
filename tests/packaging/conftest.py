from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ground.debian import ROOT, quick_folder
from tests.ground.second_machine import SecondMachine, second_machine


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with what `make dist` builds, from the sources as they are."""
    if not (ROOT / "src/imagedepot/ui/static/index.html").is_file():
        pytest.skip("the web UI is not built: make ui")
    hatchling = Path(sys.executable).with_name("hatchling")
    with quick_folder(tmp_path_factory.mktemp("dist")) as folder:
        done = subprocess.run([hatchling, "build", "-d", folder], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        yield folder


@pytest.fixture
def other() -> Iterator[SecondMachine]:
    with second_machine() as machine:
        yield machine
