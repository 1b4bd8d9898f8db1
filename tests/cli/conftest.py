from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import Command
from tests.ground.registry import DockerRegistry


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str], docker_registry: DockerRegistry) -> Command:
    """The command line with no service, before the real registry."""
    return Command(tmp_path, capsys, registry_url=docker_registry.url)
