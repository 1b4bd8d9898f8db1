"""Each test that asks for a `place` runs on both kinds of database."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagedepot.database.backends.place import Place
from tests.ground.postgres import Cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty database."""
    if request.param == "sqlite":
        return tmp_path / "imagedepot.db"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.make_database()
