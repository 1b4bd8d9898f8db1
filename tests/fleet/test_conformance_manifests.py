"""What the OCI distribution specification asks of manifests holds with blobs in a bucket, too."""

# mypy: disable-error-code="no-redef"

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.registry.over_http import Client, client
from tests.registry.test_conformance_manifests import *  # noqa: F403  (each of its tests, with the fixture below)
from tests.registry.test_conformance_manifests import prepared


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory, setting: str) -> Iterator[Client]:
    with client(tmp_path_factory.mktemp("conformance"), blobs=setting) as asking:
        yield prepared(asking)
