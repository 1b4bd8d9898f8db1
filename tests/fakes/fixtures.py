"""The fakes as fixtures; `tests/conftest.py` loads this file as a plugin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import pytest

from tests.fakes.hub import FakeHub
from tests.fakes.registry import FaultyRegistry
from tests.fakes.web import WebServer


class HasUrl(Protocol):
    """A server on loopback, such as the fixture `docker_registry`."""

    @property
    def url(self) -> str:
        """http://host:port"""


@pytest.fixture
def faulty_registry(docker_registry: HasUrl) -> Iterator[FaultyRegistry]:
    """A registry that misbehaves when told to, before the real one."""
    with FaultyRegistry(docker_registry.url) as registry:
        yield registry


@pytest.fixture
def fake_hub(docker_registry: HasUrl) -> Iterator[FakeHub]:
    """Docker Hub, with the real registry behind it."""
    with FakeHub(docker_registry.url) as hub:
        yield hub


@pytest.fixture
def web() -> Iterator[WebServer]:
    """A web server of plain files."""
    with WebServer() as server:
        yield server
