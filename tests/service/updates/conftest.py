from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.updates.house import UpdatesHouse


@pytest.fixture
def house(tmp_path: Path) -> Iterator[UpdatesHouse]:
    """With lab/app:1 here."""
    house = UpdatesHouse(tmp_path)
    house.bring()
    yield house
    house.close()
