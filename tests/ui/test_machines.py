"""How other machines are set up: the files for each client, and the test that shows a client's first request."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.service import Service
from tests.ground.images import push_image, random_layer
from tests.ground.needs import require
from tests.ground.registry import DockerRegistry
from tests.ui.conftest import Visits
from tests.ui.visit import PHONE, Visit

PAGE = "/mirror/machines"


@pytest.fixture(scope="module", autouse=True)
def content(service: Service, docker_registry: DockerRegistry) -> None:
    push_image(docker_registry.url, "acme/pulled", "1", [random_layer(100_000, 70)])
    assert service.download("acme/pulled", "1")["status"] == "done"


def contents(page: Page, path: str) -> str:
    return page.get_by_role("region", name=f"Contents of {path}").inner_text()


def test_docker_is_set_up_for_the_address_of_this_page(visit: Visit, service: Service) -> None:
    page = visit.go(PAGE)
    expect(page.get_by_role("link", name="Docker Docker Engine")).to_have_attribute("aria-current", "true")
    assert json.loads(contents(page, "/etc/docker/daemon.json"))["registry-mirrors"] == [service.url]
    expect(page.get_by_role("main")).to_contain_text("If the file exists, add these lines to it.")
    expect(page.get_by_role("main")).to_contain_text("Docker before 29 mirrors Docker Hub only")


def test_what_keeps_other_machines_away_is_said(visit: Visit) -> None:
    main = visit.go(PAGE).get_by_role("main")
    expect(main).to_contain_text("is this device itself")
    expect(main).to_contain_text("Image Depot listens on this device only")
    expect(main).to_contain_text("Other machines are refused until there is an administrator")


def test_another_client_and_another_address_make_other_files(visit: Visit) -> None:
    page = visit.go(PAGE)
    page.get_by_role("link", name="Podman").click()
    expect(page).to_have_url(f"{visit.url}{PAGE}?client=podman")
    page.get_by_role("textbox", name="Address of Image Depot").fill("https://depot.lan")
    region = page.get_by_role("region", name="Contents of /etc/containers/registries.conf.d/50-imagedepot.conf")
    expect(region).to_contain_text("depot.lan/ghcr.io")
    hub = next(each for each in tomllib.loads(region.inner_text())["registry"] if each["location"] == "docker.io")
    assert hub["mirror"] == [{"location": "depot.lan/docker.io"}]
    expect(page.get_by_text("is this device itself")).to_have_count(0)


def test_a_wrong_address_is_said_at_its_field(visit: Visit) -> None:
    page = visit.go(PAGE)
    field = page.get_by_role("textbox", name="Address of Image Depot")
    field.fill("http://nas.lan/depot")
    expect(field).to_have_accessible_description(re.compile("has a path, which no registry's address can have"))
    field.fill("http://nas.lan")
    expect(page.get_by_role("region", name="Contents of /etc/docker/daemon.json")).to_contain_text("http://nas.lan")


def test_files_are_copied_one_by_one_and_as_a_script(visit: Visit) -> None:
    page = visit.go(f"{PAGE}?client=containerd")
    page.get_by_role("button", name="Copy as a script").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    script = page.evaluate("navigator.clipboard.readText()")
    assert script.startswith("set -eu\n")
    assert "/etc/containerd/certs.d/ghcr.io/hosts.toml" in script
    page.get_by_text("more files").click()
    assert 'server = "https://ghcr.io"' in contents(page, "/etc/containerd/certs.d/ghcr.io/hosts.toml")


def test_a_client_is_chosen_on_a_phone_and_by_the_address_alone(visits: Visits) -> None:
    visit = visits(viewport=PHONE)
    page = visit.go(f"{PAGE}?client=k3s")
    assert "docker.io" in contents(page, "/etc/rancher/k3s/registries.yaml")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_first_request_of_a_client_shows_that_it_works(visit: Visit, service: Service) -> None:
    require("skopeo")
    page = visit.go(f"{PAGE}?client=podman")
    page.get_by_role("button", name="Start the test").click()
    expect(page.get_by_text("Waiting for the first request…")).to_be_visible()
    image = f"docker://{urlsplit(service.url).netloc}/acme/pulled:1"
    subprocess.run(["skopeo", "inspect", "--tls-verify=false", image], check=True, capture_output=True, timeout=120)
    expect(page.get_by_text("It works: 127.0.0.1 is asking Image Depot (skopeo/")).to_be_visible()
    expect(page.get_by_text(", answered 200")).to_be_visible()
    expect(page.get_by_role("button", name="Start the test")).to_be_visible()


def test_requests_before_the_test_count_for_nothing(visit: Visit, service: Service) -> None:
    require("skopeo")
    image = f"docker://{urlsplit(service.url).netloc}/acme/pulled:1"
    subprocess.run(["skopeo", "inspect", "--tls-verify=false", image], check=True, capture_output=True, timeout=120)
    page = visit.go(PAGE)
    page.get_by_role("button", name="Start the test").click()
    expect(page.get_by_text("Waiting for the first request…")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Waiting for the first request…")).to_have_count(0)
    expect(page.get_by_text("It works")).to_have_count(0)
