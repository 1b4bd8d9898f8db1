"""What was pushed here is shown by the name that it was pushed under."""

from __future__ import annotations

import subprocess
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e.service import Service
from tests.ground.images import push_image, random_layer
from tests.ground.needs import require
from tests.ground.registry import DockerRegistry
from tests.ui.visit import Visit


@pytest.fixture(scope="module", autouse=True)
def content(service: Service, docker_registry: DockerRegistry) -> None:
    require("skopeo")
    push_image(docker_registry.url, "acme/made", "1", [random_layer(100_000, 90)])
    there, here = f"docker://{docker_registry.host}/acme/made:1", f"docker://{urlsplit(service.url).netloc}/team/app:1"
    command = ["skopeo", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", there, here]
    subprocess.run(command, check=True, capture_output=True, timeout=300)


def test_it_is_listed_without_the_host_of_our_own_repositories(visit: Visit) -> None:
    page = visit.go()
    row = page.get_by_role("row").filter(has=page.get_by_text("team/app", exact=True))
    expect(row).to_contain_text("Pushed here")
    expect(page.get_by_role("main")).not_to_contain_text("depot.internal")


def test_its_page_runs_it_from_here_and_asks_no_upstream(visit: Visit, service: Service) -> None:
    page = visit.go("/images/docker/depot.internal/team/app/1")
    expect(page.get_by_role("heading", level=1)).to_have_text("team/app:1")
    line = page.get_by_role("region", name="How to run it").inner_text()
    assert line.rstrip().endswith(f"{urlsplit(service.url).netloc}/team/app:1")
    expect(page.get_by_role("link", name="Tags")).to_have_count(0)
    assert not [call for call in visit.asked() if call.endswith(("/update", "/tags"))]
