"""What one node fetches for its clients, the clients of others read as it comes; the upstream sends it once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from imagedepot.model.digest import Digest
from tests.e2e.service import Service
from tests.fakes import delivery
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.ground.images import push_image, random_layer
from tests.registry.over_http import Client

LARGE = 70_000_000  # four parts and a bit
_ENOUGH = 16 << 20  # the first part


def test_clients_of_another_node_follow_and_see_no_error_when_the_first_one_dies(
    node: Callable[..., Service], faulty_registry: FaultyRegistry
) -> None:
    pushed = push_image(faulty_registry.upstream.url, "lab/large", "1", [random_layer(LARGE)])
    blob = f"*/blobs/{pushed.layers[0]}"
    gate = Gate(300)
    faulty_registry.inject(delivery.hold(gate, at=LARGE - 1_000_000), blob)
    first, second = node(registry_url=faulty_registry.url), node(registry_url=faulty_registry.url)
    path = f"/v2/lab/large/blobs/{pushed.layers[0]}"
    one, other = Client(first.port), Client(second.port)
    assert one.ask("GET", "lab/large/manifests/1").status == 200
    one._line.request("GET", path)
    gate.wait_reached(60)

    other._line.request("GET", path)
    answer = other._line.getresponse()
    head = answer.read(_ENOUGH)
    assert len(head) == _ENOUGH, "while the upstream holds back the end"
    assert faulty_registry.requests.count(blob, "GET") == 1
    first.kill()
    gate.open()
    with ThreadPoolExecutor(1) as pool:
        rest = pool.submit(answer.read).result(90)
    assert Digest.of(head + rest) == pushed.layers[0]
    assert faulty_registry.requests.matching(blob, "GET")[-1].range, "what was stored is not fetched again"
    other.close()
    one.close()
