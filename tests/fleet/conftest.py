"""What needs real object storage. Beside the other folders, whose tests run also where none can be installed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from imagedepot.content.backends.s3.bucket import Bucket
from imagedepot.model.names.s3_address import S3Address
from tests.ground.swift import KEY, SECRET, Swift


@pytest.fixture(scope="session")
def swift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swift]:
    """A real S3-compatible server."""
    server = Swift(tmp_path_factory.mktemp("swift")).start()
    server.make_bucket("blobs")
    yield server
    server.stop()


@pytest.fixture(scope="session", autouse=True)
def _credentials() -> Iterator[None]:
    """As AWS's own tools take them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        yield


@pytest.fixture
def address(swift: Swift) -> S3Address:
    """A prefix that nothing has written below."""
    return fresh_address(swift)


@pytest.fixture(scope="module")
def setting(swift: Swift) -> str:
    """`IMAGEDEPOT_BLOBS` for one module of tests."""
    address = fresh_address(swift)
    return f"s3://{address.bucket}/{address.prefix}?endpoint={address.endpoint}&region=us-east-1"


def fresh_address(swift: Swift) -> S3Address:
    return S3Address("blobs", f"{secrets.token_hex(8)}/", swift.endpoint)


@pytest.fixture
def bucket(address: S3Address) -> Bucket:
    return Bucket(address, answer_seconds=30)
