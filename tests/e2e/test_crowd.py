"""The service beside a crowd: what a few hundred connections that ask nothing, or hardly anything, cost the others."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from soak.strangers import Strangers
from tests.e2e.service import Service
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry

FAR = "http://127.0.0.1:9"  # nobody listens there
HALF = b"GET /api/v1/image HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Service]:
    """May open 256 files, and 512 if it asks: 256 of those are for connections from the network."""
    service = Service(tmp_path / "data", registry_url=FAR)
    service.descriptors = (256, 512)
    with service:
        yield service


@contextmanager
def crowd(service: Service, count: int, begun: bytes = b"") -> Iterator[list[socket.socket]]:
    """`count` connections, each of which sends `begun` and no more."""
    with ExitStack() as stack:
        links = []
        for _ in range(count):
            link = stack.enter_context(socket.create_connection(("127.0.0.1", service.port), 30))
            if begun:
                try:
                    link.sendall(begun)
                except OSError:  # closed already, for one that came later
                    continue
            links.append(link)
        yield links


def test_it_may_open_as_many_files_as_the_hard_limit_allows(narrow: Service) -> None:
    limits = Path(f"/proc/{narrow.pid}/limits").read_text()
    (line,) = [line for line in limits.splitlines() if line.startswith("Max open files")]
    assert line.split()[3:5] == ["512", "512"]


@pytest.mark.parametrize("begun", [b"", HALF], ids=["idle", "slow"])
def test_more_connections_than_it_may_open_files_keep_nobody_out(narrow: Service, begun: bytes) -> None:
    with crowd(narrow, 1100, begun):
        for _ in range(5):
            assert narrow.get("/image/?from=local")["results"] == []
            assert json.loads(narrow.command("list", "--json").stdout)["results"] == []  # over the control socket
        assert len(list(Path(f"/proc/{narrow.pid}/fd").iterdir())) < 400
    lines = [line for line in narrow.log.read_text().splitlines() if "which is the limit" in line]
    assert len(lines) == 1
    assert " warning: 128 connections from 127.0.0.1 are open, " in lines[0]
    assert "Traceback" not in narrow.log.read_text()


def test_a_crowd_on_the_control_socket_keeps_nobody_out_either(narrow: Service) -> None:
    with ExitStack() as stack:
        for _ in range(300):
            link = stack.enter_context(socket.socket(socket.AF_UNIX))
            link.settimeout(30)
            link.connect(str(narrow.data / "control.sock"))
        assert json.loads(narrow.command("list", "--json").stdout)["results"] == []
        assert narrow.get("/image/?from=local")["results"] == []


def test_downloads_and_clients_go_on_beside_idle_and_slow_connections(
    tmp_path: Path, docker_registry: DockerRegistry
) -> None:
    """The short form of `make soak`'s crowd: that all is answered, not how fast."""
    push_image(docker_registry.url, "lab/crowded", "1", [random_layer(3_000_000)])
    with Service(tmp_path / "data", registry_url=docker_registry.url) as service:
        with Strangers(service.port, idle=300, slow=100, clients=5) as strangers:
            assert service.download("lab/crowded", "1")["status"] == "done"
            for _ in range(20):
                assert service.names() == ["lab/crowded"]
                assert json.loads(service.command("list", "--json").stdout)["total_count"] == 1
        assert strangers.counts.answered > 0
        assert strangers.counts.failed == 0
        assert "Traceback" not in service.log.read_text()
