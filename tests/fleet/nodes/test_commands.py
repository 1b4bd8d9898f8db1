"""Commands that change rows of a fleet from the folder of a node whose service does not run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.api.face import Face
from tests.cli.command import Command


def test_a_store_that_a_command_chooses_is_a_setting_of_every_node(
    face: Callable[..., Face], shared: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = face()
    folder = tmp_path / "stopped"
    folder.mkdir()
    used = Command(folder, capsys, **shared)("stores", "use", "docker", "embedded")
    assert (used.code, used.out) == (0, "New docker images go to embedded\n"), used
    (setting,) = (row for row in running.get("/settings") if row["name"] == "IMAGEDEPOT_DOCKER")
    assert (setting["value"], setting["source"]) == ("embedded", "runtime")
