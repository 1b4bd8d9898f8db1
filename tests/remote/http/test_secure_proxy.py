"""Requests through a proxy that is itself reached over TLS."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, DepotError, TimedOut
from imagedepot.remote.http.transport import Transport
from tests.fakes.message import Answer, Gate, Hold
from tests.remote.clients import transport
from tests.remote.scripted import Scripted
from tests.remote.tunnel import Tunnel

URL = "https://registry.example/v2/"


@pytest.fixture
def proxy(certificate: tuple[Path, Path], secure_server: Scripted) -> Iterator[Tunnel]:
    with Tunnel(certificate, secure_server.port) as proxy:
        yield proxy


@pytest.fixture
def way(certificate: tuple[Path, Path], proxy: Tunnel) -> Transport:
    return transport(environment={"ALL_PROXY": proxy.url}, ca_bundle=certificate[0])


def test_a_bundle_of_ones_own_counts_for_the_proxy_too(way: Transport, proxy: Tunnel) -> None:
    assert way.request("GET", URL).read(9) == b"hello"
    assert way.request("GET", URL).read(9) == b"hello"
    assert proxy.asked == ["registry.example:443"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_registry_that_is_listed_as_insecure_makes_no_proxy_one(proxy: Tunnel, scheme: str) -> None:
    way = transport(environment={"ALL_PROXY": proxy.url}, insecure=["registry.example"])
    with pytest.raises(DepotError, match=f"^The proxy {proxy.host} .*CERTIFICATE_VERIFY_FAILED"):
        way.request("GET", f"{scheme}://registry.example/v2/")
    assert not proxy.asked


@pytest.mark.parametrize("at", [None, 2], ids=["head", "body"])
def test_cancelling_ends_what_goes_through_it(way: Transport, secure_server: Scripted, at: int | None) -> None:
    gate, cancellation = Gate(), Cancellation()
    secure_server._script = [Answer.text(200, "hello").with_wire(holds=(Hold(gate, at),))]

    def cancel() -> None:
        gate.wait_reached()
        cancellation.cancel()

    threading.Thread(target=cancel).start()
    with pytest.raises(Cancelled):
        way.request("GET", URL, cancellation=cancellation).read(9)
    gate.open()


def test_a_deadline_ends_what_goes_through_it(way: Transport, secure_server: Scripted) -> None:
    gate = Gate()
    secure_server._script = [Answer.text(200, "hello").with_wire(holds=(Hold(gate),))]
    with Cancellation(patience=60).within(0.5) as cancellation, pytest.raises(TimedOut):
        way.request("GET", URL, cancellation=cancellation)
    gate.open()
