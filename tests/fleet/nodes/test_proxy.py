"""Three nodes behind HAProxy, which sends each request to the next one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from imagedepot.model.digest import Digest
from tests.e2e.service import Service
from tests.fakes.registry import FaultyRegistry
from tests.fleet.test_database import OCI, described
from tests.ground.images import push_image, random_layer
from tests.ground.needs import require
from tests.ground.processes import Daemon, connects, free_port
from tests.registry.over_http import Client, joined

_CONFIG = """
defaults
  mode http
  timeout connect 5s
  timeout client 120s
  timeout server 120s
frontend all
  bind 127.0.0.1:{port}
  default_backend nodes
backend nodes
  balance roundrobin
  {servers}
"""


@pytest.fixture
def proxy(node: Callable[..., Service], faulty_registry: FaultyRegistry, tmp_path: Path) -> Iterator[int]:
    require("haproxy")
    nodes = [node(registry_url=faulty_registry.url) for _ in range(3)]
    port = free_port()
    servers = "\n  ".join(f"server n{at} 127.0.0.1:{each.port}" for at, each in enumerate(nodes))
    config = tmp_path / "haproxy.cfg"
    config.write_text(_CONFIG.format(port=port, servers=servers))
    daemon = Daemon(["haproxy", "-db", "-f", config], tmp_path / "haproxy.log", lambda: connects(port))
    daemon.start()
    yield port
    daemon.stop()


def test_pushes_in_chunks_pulls_and_deletions_do_not_notice_the_nodes(proxy: int) -> None:
    def push(number: int) -> None:
        client, name = Client(proxy), f"team/app-{number}"
        layer = random_layer(100_000, number)
        config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}})
        place = client.begin(name)
        for begin in (0, 50_000):
            end = 50_000 if not begin else len(layer)
            sent = client.ask("PATCH", place, layer[begin:end], Content_Range=f"{begin}-{end - 1}")
            assert sent.status == 202, sent.content
        assert client.ask("PUT", joined(place, Digest.of(layer)), b"").status == 201
        client.push(name, config.encode())
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": OCI,
                "config": described("application/vnd.oci.image.config.v1+json", config.encode()),
                "layers": [described("application/vnd.oci.image.layer.v1.tar", layer)],
            }
        ).encode()
        answer = client.ask("PUT", f"{name}/manifests/1", manifest, Content_Type=OCI)
        assert answer.status == 201, answer.content
        for _ in range(3):
            assert client.ask("GET", f"{name}/manifests/1").content == manifest
        assert client.ask("DELETE", f"{name}/manifests/{Digest.of(manifest)}").status == 202
        for _ in range(3):
            assert client.ask("GET", f"{name}/manifests/1").status == 404
        client.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(push, range(12)))


def test_a_layer_that_all_nodes_are_asked_for_at_once_comes_once(proxy: int, faulty_registry: FaultyRegistry) -> None:
    layer = random_layer(2_000_000)
    pushed = push_image(faulty_registry.upstream.url, "lab/app", "1", [layer])

    def pull(_: int) -> Digest:
        client = Client(proxy)
        assert client.ask("GET", "lab/app/manifests/1").status == 200
        answer = client.ask("GET", f"lab/app/blobs/{pushed.layers[0]}")
        client.close()
        return Digest.of(answer.content)

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(pull, range(6))) == {pushed.layers[0]}
    assert faulty_registry.requests.count(f"*/blobs/{pushed.layers[0]}", "GET") == 1
