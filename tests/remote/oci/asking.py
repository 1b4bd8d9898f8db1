"""Questions to the guarded registry of `conftest.py`, with and without a login."""

from __future__ import annotations

from imagedepot.model.access.login import Login
from imagedepot.model.names.reference import Reference
from imagedepot.remote.oci.registry import RegistryClient
from tests.fakes.registry import FaultyRegistry
from tests.remote.clients import KnownLogins, client

ADA = Login("ada", "lovelace")


def reference(registry: FaultyRegistry, name: str = "lab/auth") -> Reference:
    return Reference.parse(f"{registry.host}/{name}:1")


def as_ada(registry: FaultyRegistry, login: Login = ADA) -> RegistryClient:
    return client(logins=KnownLogins({registry.host: login}))


def answered(registry: FaultyRegistry, path: str = "*") -> list[int]:
    """The statuses of all answers, once they are sent."""
    registry.requests.wait_for(lambda log: all(each.ended for each in log))
    return [each.status for each in registry.requests.matching(path)]


def issued(registry: FaultyRegistry) -> int:
    return len(registry.authority.issued)
