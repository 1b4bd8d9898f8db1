from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from imagedepot.cli.main import run
from tests.cli.command import Command
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry

Make = Callable[[str], Command]


@pytest.fixture
def make(tmp_path: Path, capsys: pytest.CaptureFixture[str], docker_registry: DockerRegistry) -> Make:
    """The command line on a data folder in a folder of that name, before the real registry."""

    def made(name: str) -> Command:
        folder = tmp_path / name
        folder.mkdir()
        return Command(folder, capsys, registry_url=docker_registry.url, platform="linux/amd64")

    return made


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, docker_registry: DockerRegistry) -> Path:
    """A data folder with two images that share a layer, a user, a token, and a certificate authority."""
    folder = tmp_path_factory.mktemp("template")
    shared = random_layer(20_000, 1)
    for number, name in enumerate(("app", "tool")):
        push_image(docker_registry.url, f"lab/{name}", "1", [shared, random_layer(30_000, 2 + number)])
    (folder / "password").write_text("correct horse battery")
    (folder / "config.toml").write_text(f'registry_url = "{docker_registry.url}"\nplatform = "linux/amd64"\n')
    for line in (
        "pull lab/app:1 lab/tool:1",
        f"user add ada --password-file {folder}/password",
        "token add ci --scope pull",
        "tls init --name nas.lan",
    ):
        assert run(["--config", f"{folder}/config.toml", "--data-dir", f"{folder}/data", *line.split()]) == 0
    return folder / "data"


@pytest.fixture
def filled(make: Make, template: Path, tmp_path: Path) -> Command:
    """The command line on a copy of `template`."""
    command = make("filled")
    shutil.copytree(template, command.data)
    (tmp_path / "password").write_text("correct horse battery")
    return command
