"""Commands that change rows of a fleet from the folder of a node whose service does not run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.face import Face
from tests.cli.command import Command


def setting(face: Face, name: str) -> dict[str, Any]:
    (found,) = (row for row in face.get("/settings") if row["name"] == name)
    return dict(found)


def test_a_store_that_a_command_chooses_is_a_setting_of_every_node(
    face: Callable[..., Face], shared: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = face()
    folder = tmp_path / "stopped"
    folder.mkdir()
    used = Command(folder, capsys, **shared)("stores", "use", "docker", "embedded")
    assert (used.code, used.out) == (0, "New docker images go to embedded\n"), used
    chosen = setting(running, "IMAGEDEPOT_DOCKER")
    assert (chosen["value"], chosen["source"]) == ("embedded", "runtime")


def test_a_setting_that_a_command_resets_is_reset_at_every_node(
    face: Callable[..., Face], shared: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = face()
    folder = tmp_path / "stopped"
    folder.mkdir()
    command = Command(folder, capsys, **shared)
    assert command("user", "list").code == 0, "so that the folder is one of the fleet"
    running.call("PUT", "/settings/IMAGEDEPOT_BANDWIDTH", {"value": "1MB/s"})
    assert setting(running, "IMAGEDEPOT_BANDWIDTH")["source"] == "runtime"
    assert command("settings", "reset", "bandwidth").code == 0
    assert setting(running, "IMAGEDEPOT_BANDWIDTH")["source"] == "default"
