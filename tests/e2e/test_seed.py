"""The curl lines of the document that the project was created from, word for word, against the running service."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.service import Service
from tests.fakes.registry import FaultyRegistry
from tests.ground.images import push_image, random_layer
from tests.ground.needs import require


@pytest.fixture
def service(tmp_path: Path, faulty_registry: FaultyRegistry) -> Any:
    with Service(tmp_path / "data", registry_url=faulty_registry.url) as running:
        yield running


def shell(service: Service, line: str) -> Any:
    require("curl")
    environment = {"PATH": "/usr/bin:/bin", "QIP": "127.0.0.1", "QPORT": str(service.port)}
    done = subprocess.run(
        ["bash", "-c", line], env=environment, cwd=service.data.parent, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_the_seeds_own_lines_bring_follow_list_inspect_and_remove_an_image(
    service: Service, faulty_registry: FaultyRegistry
) -> None:
    push_image(faulty_registry.upstream.url, "lgsd/diamond", "latest", [random_layer(20_000)])
    push_image(faulty_registry.upstream.url, "library/redis", "7", [random_layer(1000)])
    answer = shell(
        service,
        """curl -sq -XPOST -b cookies.txt -d \\
            '{
                "description": "I am description.", 
                "location": "https://registry.hub.docker.com/u/lgsd/diamond/",
                "icon": "http://download.qnap.com/QPKG/images/QPKG/container_icon.png"
            }' "http://${QIP}:${QPORT}/api/v1/image/dockerhub/docker/lgsd/diamond/latest/download"
        """,
    )
    assert answer == {}
    while shell(service, 'curl -sq -XGET "http://${QIP}:${QPORT}/api/v1/image/downloadstatus"'):
        pass
    listed = shell(service, 'curl -sq -XGET -b cookies.txt "http://${QIP}:${QPORT}/api/v1/image/?from=local"')
    assert (listed["from"], listed["type"], listed["filter_text"], listed["total_count"]) == ("local", "", "", 1)
    row = listed["results"][0]
    assert (row["name"], row["tags"], row["is_latest"]) == ("lgsd/diamond", ["latest"], ["latest"])
    assert row["description"] == "I am description."
    assert row["icon"] == "http://download.qnap.com/QPKG/images/QPKG/container_icon.png"
    assert row["installed"] is True
    assert row["downloading"] is False
    inspected = shell(
        service,
        'curl -sq -XGET -b cookies.txt "http://${QIP}:${QPORT}/api/v1/image/docker/lgsd/diamond/latest/inspect"',
    )
    assert inspected["RepoTags"] == ["lgsd/diamond:latest"]
    assert inspected["Size"] == inspected["VirtualSize"] == row["size"][0]
    tags = shell(
        service, 'curl -sq -XGET -b cookies.txt "http://${QIP}:${QPORT}/api/v1/image/dockerhub/docker/1/redis/tags"'
    )
    assert tags == {"installed": [], "tags": ["7"]}
    removed = shell(service, 'curl -sq -XDELETE "http://${QIP}:${QPORT}/api/v1/image/local/docker/lgsd/diamond"')
    assert removed == {"action": "delete", "name": "lgsd/diamond", "state": "success", "type": "docker"}
    assert service.names() == []
