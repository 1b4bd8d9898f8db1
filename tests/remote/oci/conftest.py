"""A registry with an image, behind one that can be guarded."""

from __future__ import annotations

import pytest

from tests.fakes.registry import FaultyRegistry
from tests.ground.images import push_image, random_layer


@pytest.fixture
def registry(faulty_registry: FaultyRegistry) -> FaultyRegistry:
    push_image(faulty_registry.upstream.url, "lab/auth", "1", [random_layer(300)])
    faulty_registry.authority.accounts["ada"] = "lovelace"
    return faulty_registry
