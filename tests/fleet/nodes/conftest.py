"""Several nodes over one PostgreSQL and one Swift."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from imagedepot.model.names.s3_address import S3Address
from tests.api.face import Face
from tests.e2e.service import Service
from tests.ground.postgres import Cluster

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def shared(cluster: Cluster, address: S3Address) -> dict[str, str]:
    """The settings that make services nodes of one fleet, which is new."""
    blobs = f"s3://{address.bucket}/{address.prefix}?endpoint={address.endpoint}&region=us-east-1"
    return {
        "database": cluster.over_network(cluster.make_database()),
        "blobs": blobs,
        "registry_url": NOBODY,
        "hub_url": NOBODY,
    }


@pytest.fixture
def face(tmp_path: Path, shared: dict[str, str]) -> Iterator[Callable[..., Face]]:
    """Starts one more node in this process."""
    with ExitStack() as stack:
        folders = (tmp_path / f"node-{number}" for number in range(9))
        yield lambda **settings: stack.enter_context(Face(next(folders), **{**shared, **settings}))


@pytest.fixture
def node(tmp_path: Path, shared: dict[str, str]) -> Iterator[Callable[..., Service]]:
    """Starts one more node as a process."""
    with ExitStack() as stack:
        folders = (tmp_path / f"node-{number}" for number in range(9))
        yield lambda **settings: stack.enter_context(Service(next(folders), **{**shared, **settings}))
