"""The size of a tag, by the Hub API: where the registry's manifest would count as a pull."""

from __future__ import annotations

import pytest

from imagedepot.errors import UpstreamNotFound
from imagedepot.model.names.reference import Reference
from imagedepot.model.platform import Platform
from imagedepot.remote.hub.api import HubApi
from imagedepot.remote.hub.hub import Hub
from tests.fakes.hub import FakeHub
from tests.fakes.hub_data import community
from tests.remote.clients import KnownLogins, transport

AMD64, RISCV = Platform.parse("linux/amd64"), Platform.parse("linux/riscv64")


def test_a_tag_has_the_size_of_the_platform_that_is_wanted(fake_hub: FakeHub) -> None:
    fake_hub.add(community("lab/app", "An app"))
    hub = Hub(HubApi(transport(), KnownLogins(), fake_hub.url))
    reference = Reference.parse("lab/app")
    assert (hub.tag_size(reference, AMD64) or 0) > 10_000_000
    assert hub.tag_size(reference, RISCV) is None
    with pytest.raises(UpstreamNotFound, match="the size of lab/app:9 does not exist on Docker Hub"):
        hub.tag_size(Reference.parse("lab/app:9"), AMD64)
    assert fake_hub.requests.count("/v2/*/manifests/*") == 0
