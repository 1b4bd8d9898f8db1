"""The face of a service on a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.model.access.role import Role
from tests.api.face import Face
from tests.fakes.registry import FaultyRegistry

PASSWORD = "correct horse"


NOBODY = {"registry_url": "http://127.0.0.1:9", "hub_url": "http://127.0.0.1:9"}


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Face]:
    """Empty, shared by the tests of a file, which leave it as it is. Nobody upstream is there to be asked."""
    with Face(tmp_path_factory.mktemp("face"), **NOBODY) as running:
        yield running


@pytest.fixture
def lab(tmp_path: Path, faulty_registry: FaultyRegistry) -> Iterator[Face]:
    """With a real registry, behind one that misbehaves when told to, as Docker Hub's."""
    with Face(tmp_path / "data", registry_url=faulty_registry.url, hub_url="http://127.0.0.1:9") as running:
        yield running


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Face]:
    """As `guarded`, for the tests of a file."""
    with Face(tmp_path_factory.mktemp("closed"), **NOBODY) as running:
        _add_users(running)
        yield running


@pytest.fixture
def guarded(closed: Face) -> Face:
    """With an administrator (ada), a member (mia) and a viewer (bob), who stay; nobody is logged in."""
    closed.cookie = ""
    return closed


@pytest.fixture
def changing(tmp_path: Path) -> Iterator[Face]:
    """The same for one test alone, which may do what it likes to the users."""
    with Face(tmp_path / "data", **NOBODY) as running:
        _add_users(running)
        yield running


def _add_users(face: Face) -> None:
    face.services.access.add("ada", PASSWORD, Role.ADMIN)
    face.services.access.add("mia", PASSWORD, Role.MEMBER)
    face.services.access.add("bob", PASSWORD, Role.VIEWER)
