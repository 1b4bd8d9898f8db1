"""Docker Hub as people meet it: lists that outlive an outage, a limit that is told, and local calls that never wait."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import urlopen

from tests.e2e.service import Service
from tests.fakes import delivery, statuses
from tests.fakes.hub import FakeHub
from tests.fakes.hub_area import API
from tests.ground.images import push_image, random_layer

WAITING = 45
STALE = '110 - "Response is stale"'


def at(hub: FakeHub, folder: Path) -> Service:
    push_image(hub.upstream.url, "library/redis", "7", [random_layer(1000)])
    return Service(folder / "data", registry_url=hub.url, hub_url=hub.url)


def listed(service: Service, query: str) -> tuple[list[str], str | None]:
    """The names of one depot's rows, and the answer's `Warning`."""
    with urlopen(f"{service.url}/api/v1/image/?{query}", timeout=60) as answer:
        return [row["name"] for row in json.load(answer)["results"]], answer.headers["Warning"]


def test_the_official_list_outlives_an_outage_and_a_restart(fake_hub: FakeHub, tmp_path: Path) -> None:
    service = at(fake_hub, tmp_path)
    with service:
        known, warning = listed(service, "from=official")
        assert (len(known) > 100, warning) == (True, None)
        service.stop()
        memory = service.data / "cache" / "official.json"
        told = json.loads(memory.read_text())
        memory.write_text(json.dumps({**told, "told": "2026-01-01T00:00:00+00:00"}))
        fake_hub.inject_into(statuses.cloudflare(), API)
        service.start()
        assert listed(service, "from=official") == (known, STALE)
        status, answer = service.call("GET", "/image/?from=dockerhub&filter_text=redis")
        assert status == 502
        assert answer["error"]["message"].startswith("Docker Hub answered with a web page (a browser check)")


def test_local_answers_while_docker_hub_hangs(fake_hub: FakeHub, tmp_path: Path) -> None:
    gate = fake_hub.gate()
    with at(fake_hub, tmp_path) as service, ThreadPoolExecutor(WAITING) as pool:
        assert service.download("redis", "7")["status"] == "done"
        fake_hub.inject_into(delivery.stalled(gate), API)
        asked = [pool.submit(listed, service, f"from=dockerhub&filter_text=q{n}") for n in range(WAITING)]
        try:
            gate.wait_reached()
            assert [service.names() for _ in range(20)] == [["redis"]] * 20
            assert not any(each.done() for each in asked), "they still wait"
        finally:
            fake_hub.heal()
        assert all(each.result(60) == ([], None) for each in asked)


def test_a_limit_learned_by_one_command_is_reported_by_the_next(fake_hub: FakeHub, tmp_path: Path) -> None:
    alone = at(fake_hub, tmp_path)
    assert "not reported a limit yet" in alone.command("limits").stdout
    alone.command("pull", "redis:7")
    told = alone.command("limits").stdout
    assert re.fullmatch(r"99 of 100 pulls left until (\d{4}-\d\d-\d\d )?\d\d:\d\d [A-Z]+\n", told), told
    assert json.loads(alone.command("limits", "--json").stdout)["source"] == "192.0.2.1"
    with alone:
        assert alone.get("/limits")["remaining"] == 99


def test_a_search_of_one_command_alone(fake_hub: FakeHub, tmp_path: Path) -> None:
    alone = at(fake_hub, tmp_path)
    rows = alone.command("search", "portainer").stdout.splitlines()
    assert [row.split()[0] for row in rows][-1] == "portainer/portainer-ce"
    fake_hub.inject_into(statuses.hap429(), API)
    refused = alone.command("search", "portainer", check=False)
    assert refused.returncode != 0
    assert "rate limited by Docker Hub" in refused.stderr
    assert "Traceback" not in refused.stderr
