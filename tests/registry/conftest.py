"""The registry face of a service on a folder of its own, and clients that ask it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.face import Face
from tests.fakes.registry import FaultyRegistry


@pytest.fixture
def mirror(tmp_path: Path, faulty_registry: FaultyRegistry) -> Iterator[Face]:
    """Docker Hub's part is played by a real registry, behind one that counts and that misbehaves when told to."""
    with Face(tmp_path / "data", registry_url=faulty_registry.url, hub_url="http://127.0.0.1:9") as running:
        yield running
