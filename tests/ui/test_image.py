"""One image's page: what it says of itself, its layers, its tags, how to run it."""

from __future__ import annotations

import json
import re
import tarfile

import pytest
import yaml
from playwright.sync_api import Route, expect

from tests.e2e.service import Service
from tests.fakes.hub import FakeHub
from tests.ground.engines import Dockerd
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.ui.visit import Visit

ENGINE = "unix:///var/run/docker.sock"
PAGE = "/images/docker/acme/media/2.1"
CONFIG = {
    "Cmd": ["--config", "/etc/media.toml"],
    "Entrypoint": ["/usr/bin/media"],
    "Env": ["PATH=/usr/bin", "TZ=UTC"],
    "ExposedPorts": {"80/tcp": {}, "1900/udp": {}},
    "Volumes": {"/var/lib/media": {}},
    "Labels": {"org.opencontainers.image.licenses": "GPL-2.0"},
    "User": "media",
    "WorkingDir": "/srv",
}


@pytest.fixture(scope="module", autouse=True)
def content(service: Service, docker_registry: DockerRegistry) -> None:
    shared = random_layer(400_000, 60)
    for tag in ("2.1", "2.0", "1.9-rc"):
        push_image(docker_registry.url, "acme/media", tag, [shared, random_layer(100_000, len(tag))], config=CONFIG)
    push_image(docker_registry.url, "acme/other", "latest", [shared, random_layer(50_000, 61)])
    service.download("acme/media", "2.1")
    service.download("acme/other")


def test_it_is_shown_in_sentences(visit: Visit) -> None:
    page = visit.go(PAGE)
    expect(page.get_by_role("heading", level=1)).to_have_text("acme/media:2.1")
    main = page.get_by_role("main")
    for words in ("/usr/bin/media", "--config /etc/media.toml", "80/tcp", "/var/lib/media", "media", "/srv", "GPL-2.0"):
        expect(main).to_contain_text(words)
    expect(main).to_contain_text("TZ")
    expect(main).to_contain_text("Up to date")


def test_the_line_that_runs_it_is_made_from_ports_and_volumes(visit: Visit, service: Service) -> None:
    page = visit.go(PAGE)
    line = page.get_by_role("region", name="How to run it").inner_text()
    assert "docker run -d" in line
    assert "-p 8080:80 " in line
    assert "-p 1900:1900/udp" in line
    assert "-v media-media:/var/lib/media" in line
    assert line.rstrip().endswith(f"127.0.0.1:{service.port}/acme/media:2.1")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("docker run -d")


def test_it_is_there_for_compose_and_as_a_quadlet(visit: Visit, service: Service) -> None:
    page = visit.go(PAGE)
    file = page.get_by_role("region", name="How to run it")
    page.get_by_role("radiogroup", name="As").get_by_text("Compose").click()
    expect(file).to_contain_text(f'image: "127.0.0.1:{service.port}/acme/media:2.1"')
    compose = yaml.safe_load(file.inner_text())["services"]["media"]
    assert compose["ports"] == ["8080:80", "1900:1900/udp"]
    assert compose["volumes"] == ["media-media:/var/lib/media"]
    page.get_by_role("radiogroup", name="As").get_by_text("Quadlet").click()
    expect(file).to_contain_text("PublishPort=8080:80")
    expect(page.get_by_role("main")).to_contain_text("containers/systemd/media.container")


def test_it_is_loaded_into_an_engine_that_runs_here(
    visit: Visit,
) -> None:
    """The service of these tests sees no engine, so the browser is told of one; `tests/api/v1` has the real ones."""
    page = visit.page
    answers = {"id": "x", "name": "acme/media", "tag": "2.1", "kind": "docker", "address": ENGINE, "error": ""}
    looks = iter(["running", "running", "done"])

    def system(route: Route) -> None:
        told = route.fetch().json()
        seen = {"type": "docker", "kind": "docker", "address": ENGINE, "version": "1"}
        route.fulfill(json={**told, "engines_seen": [seen]})

    def load(route: Route) -> None:
        status = "running" if route.request.method == "POST" else next(looks, "done")
        route.fulfill(json={**answers, "status": status, "done": 50, "total": 100})

    page.route("**/api/v1/system", system)
    page.route("**/2.1/load", load)
    page.route("**/engine-loads/x", load)
    visit.go(PAGE)
    page.get_by_role("button", name="Load into Docker").click()
    expect(page.get_by_role("progressbar", name="Loading into Docker")).to_have_attribute("aria-valuenow", "50")
    expect(page.get_by_role("status").filter(has_text="Docker has it.")).to_be_visible()


def test_docker_takes_the_very_image_of_that_line_from_here(
    visit: Visit, service: Service, dockerd: Dockerd, hub: FakeHub
) -> None:
    page = visit.go(PAGE)
    expect(page.get_by_role("main")).to_contain_text("Runs the image from this device.")
    image = page.get_by_role("region", name="How to run it").inner_text().split()[-1]
    before = len(hub.requests)
    dockerd("pull", image)
    assert (
        dockerd("image", "inspect", "--format", "{{.Id}}", image)
        == service.get("/image/docker/acme/media/2.1/inspect")["Id"]
    )
    assert len(hub.requests) == before


def test_layers_tell_who_shares_them(visit: Visit) -> None:
    page = visit.go(PAGE)
    page.get_by_role("link", name="Layers").click()
    expect(
        page.get_by_text(re.compile(r"10\d\skB only in this image, 40\d\skB shared with other images\."))
    ).to_be_visible()
    page.get_by_role("link", name="acme/other:latest").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("acme/other:latest")


def test_raw_json_is_the_answer_of_inspect(visit: Visit, service: Service) -> None:
    page = visit.go(f"{PAGE}?view=json")
    shown = json.loads(page.get_by_role("region", name="JSON").inner_text())
    assert shown == service.get("/image/docker/acme/media/2.1/inspect")


def test_another_tag_is_one_click_away(visit: Visit, service: Service) -> None:
    page = visit.go(f"{PAGE}?view=tags")
    expect(page.get_by_text("On this device", exact=True)).to_have_count(1)
    page.get_by_role("searchbox", name="Filter tags").fill("2.")
    page.get_by_role("button", name="Download 1.9-rc").wait_for(state="detached")
    page.get_by_role("button", name="Download 2.0").click()
    expect(page.get_by_text("On this device", exact=True)).to_have_count(2)
    tags = next(row["tags"] for row in service.get("/image/?from=local")["results"] if row["name"] == "acme/media")
    assert tags == ["2.0", "2.1"]


def test_what_is_not_here_says_so_and_leads_back(visit: Visit) -> None:
    page = visit.go("/images/docker/acme/none/latest")
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    page.get_by_role("link", name="Go to Images").click()
    expect(page.get_by_role("heading", name="Images", exact=True)).to_be_visible()


def test_tags_are_grouped_by_version_with_date_and_size(visit: Visit) -> None:
    page = visit.go(f"{PAGE}?view=tags")
    region = page.get_by_role("main")
    expect(region.get_by_role("heading", level=3)).to_have_text(["Version 2", "Pre-releases"])
    line = region.get_by_role("listitem").filter(has_text="2.1")
    expect(line).to_contain_text("ago")
    expect(line).to_contain_text("kB")


def test_a_page_of_tag_details_that_fails_is_asked_for_once(visit: Visit) -> None:
    """The dates are missing then; asking again at once would never end while Docker Hub refuses."""
    first = {"tags": [{"tag": "2.1", "digest": "", "updated": None, "size": 100_000, "platforms": []}], "more": True}
    visit.page.route(re.compile(r"/tags/details\?page=1$"), lambda route: route.fulfill(json=first))
    refused = {"error": {"message": "Docker Hub refuses.", "reason": "rate_limited"}}
    visit.page.route(re.compile(r"/tags/details\?page=2$"), lambda route: route.fulfill(status=429, json=refused))
    page = visit.go(f"{PAGE}?view=tags")
    expect(page.get_by_role("listitem").filter(has_text="2.1")).to_contain_text("100 kB")
    expect(page.get_by_role("heading", name="Pre-releases")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert [request.url for request in visit.requests if "/tags/details" in request.url][2:] == []


def test_the_image_is_saved_as_a_file(visit: Visit) -> None:
    page = visit.go(PAGE)
    with page.expect_download() as began:
        page.get_by_role("link", name="Save as .tar").click()
    assert began.value.suggested_filename == "media_2.1.tar"
    with tarfile.open(began.value.path()) as tar:
        listed = json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]
    assert listed[0]["RepoTags"] == ["docker.io/acme/media:2.1"]
    with page.expect_download() as began:
        page.get_by_role("link", name="As an OCI archive").click()
    with tarfile.open(began.value.path()) as tar:
        assert "index.json" in tar.getnames()
