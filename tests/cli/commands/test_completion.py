from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import Command
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry

PROGRAM = Path(sys.executable).with_name("imagedepot")


def completed(words: str, data: Path) -> list[str]:
    """What bash is offered for the last of these words: its protocol is three variables of the environment."""
    environment = {
        **os.environ,
        "_IMAGEDEPOT_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
        "IMAGEDEPOT_DATA_DIR": str(data),
    }
    done = subprocess.run([PROGRAM], env=environment, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("imagedepot pu", ["pull"]),
        ("imagedepot catalog re", ["remove", "refresh"]),
        ("imagedepot list --depot off", ["official"]),
        ("imagedepot serve --max", ["--max-downloads"]),
    ],
)
def test_bash_is_offered_commands_options_and_their_values(tmp_path: Path, words: str, offered: list[str]) -> None:
    assert completed(words, tmp_path) == offered


def test_bash_is_offered_the_images_that_are_here(command: Command, docker_registry: DockerRegistry) -> None:
    push_image(docker_registry.url, "lab/complete", "1", [random_layer(100)])
    assert command("pull", "lab/complete:1").code == 0
    assert completed("imagedepot inspect lab/c", command.data) == ["lab/complete:1"]
    digest = json.loads(command("inspect", "--json", "lab/complete:1").out)["RepoDigests"][0].partition("@")[2]
    assert command("pull", f"lab/complete@{digest}").code == 0
    assert completed("imagedepot remove lab/complete@", command.data) == [f"lab/complete@{digest}"]
    assert completed("imagedepot inspect x", command.data) == []


def test_a_folder_that_cannot_be_used_is_no_reason_to_disturb_who_types(tmp_path: Path) -> None:
    assert completed("imagedepot inspect x", Path("/proc/nowhere")) == []


def test_the_script_for_the_shell_is_printed() -> None:
    environment = {**os.environ, "_IMAGEDEPOT_COMPLETE": "source_bash"}
    done = subprocess.run([PROGRAM], env=environment, check=True, capture_output=True, text=True)
    assert "complete -o default -F _imagedepot_completion imagedepot" in done.stdout
