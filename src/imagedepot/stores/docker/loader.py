"""`docker load` into an engine that is not the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from imagedepot.cancellation import Cancellation
from imagedepot.errors import ImageNotFound, UpstreamError
from imagedepot.model.names.reference import Reference
from imagedepot.stores.docker.client import EngineClient


def load_into(
    address: str,
    environment: Mapping[str, str],
    archive: Iterable[bytes],
    reference: Reference,
    cancellation: Cancellation,
) -> None:
    """The engine at `address` has the image afterwards. Raises `StoreUnavailable`, `UpstreamError`, `Cancelled`."""
    client = EngineClient(address, environment)
    try:
        client.load(archive, reference.familiar, cancellation)
        if reference.tag is not None and reference.digest is None:
            client.inspect(str(reference))
    except ImageNotFound as error:
        raise UpstreamError(f"{reference.familiar}: the engine took it, and does not have it") from error
    finally:
        client.close()
