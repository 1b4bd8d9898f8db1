from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.conftest import NOBODY
from tests.api.face import Face
from tests.fakes import delivery
from tests.fakes.hub import FakeHub
from tests.fakes.hub_area import Area
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry

NAMES = ["lab/alpha", "lab/beta", "lab/gamma", "zoo/ape"]


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory, docker_registry: DockerRegistry) -> Iterator[Face]:
    """Four repositories, one of which has three tags."""
    url = docker_registry.url
    with Face(tmp_path_factory.mktemp("stocked"), **{**NOBODY, "registry_url": url}) as running:
        for name in NAMES:
            push_image(url, name, "latest", [random_layer(700)])
            running.post(f"/image/dockerhub/docker/{name}/latest/download", {"description": f"The {name[4:].upper()}"})
        for tag in ("10", "9"):
            push_image(url, "lab/beta", tag, [random_layer(800 + int(tag))])
            running.post(f"/image/dockerhub/docker/lab/beta/{tag}/download")
        running.ended()
        yield running


def names(face: Face, query: str) -> list[str]:
    return [row["name"] for row in face.get(f"/image/?from=local&{query}")["results"]]


def test_without_a_page_every_row_is_there_and_counted(stocked: Face) -> None:
    told = stocked.get("/image/")
    assert [row["name"] for row in told["results"]] == NAMES
    assert (told["total_count"], told["from"], told["type"], told["filter_text"]) == (4, "local", "", "")


def test_one_row_has_all_tags_ascending_as_strings_each_with_its_size(stocked: Face) -> None:
    row = stocked.get("/image/?filter_text=beta")["results"][0]
    assert row["tags"] == ["10", "9", "latest"]
    assert row["is_latest"] == ["latest"]
    sizes = [stocked.get(f"/image/docker/lab/beta/{tag}/inspect")["Size"] for tag in row["tags"]]
    assert row["size"] == sizes


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("page=1&limit=3", NAMES[:3]),
        ("page=2&limit=3", NAMES[3:]),
        ("page=3&limit=3", []),
        ("limit=2", NAMES[:2]),
        ("page=1", NAMES),
        ("page=2", []),
        ("filter_text=LAB&page=2&limit=2", ["lab/gamma"]),
    ],
)
def test_a_page_is_a_part_of_all_and_counts_all(stocked: Face, query: str, expected: list[str]) -> None:
    assert names(stocked, query) == expected
    assert stocked.get(f"/image/?{query}")["total_count"] == (3 if "LAB" in query else 4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("LAB", NAMES[:3]), ("the%20ape", ["zoo/ape"]), ("THE%20", NAMES), ("ape", ["zoo/ape"]), ("%22", [])],
)
def test_a_filter_looks_into_name_and_description_in_any_case(stocked: Face, text: str, expected: list[str]) -> None:
    assert names(stocked, f"filter_text={text}") == expected


def test_the_other_type_is_left_out(stocked: Face) -> None:
    assert names(stocked, "type=docker") == NAMES
    assert names(stocked, "type=lxc") == []
    assert stocked.get("/image/?type=lxc")["type"] == "lxc"


def test_installed_and_removed_images_come_and_go_at_once(lab: Face, faulty_registry: FaultyRegistry) -> None:
    push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(900)])
    assert names(lab, "") == []
    lab.download("dockerhub/docker/lab/app/1")
    assert names(lab, "") == ["lab/app"]
    assert lab.call("DELETE", "/image/local/docker/lab/app").json == {
        "action": "delete",
        "name": "lab/app",
        "state": "success",
        "type": "docker",
    }
    assert names(lab, "") == []


def test_a_row_says_that_its_image_is_being_downloaded(lab: Face, faulty_registry: FaultyRegistry) -> None:
    push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(900)])
    lab.download("dockerhub/docker/lab/app/1")
    push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(5_000)])
    gate = Gate()
    faulty_registry.inject(delivery.hold(gate, at=10), BLOBS)
    lab.post("/image/dockerhub/docker/lab/app/1/download")
    gate.wait_reached()
    assert lab.get("/image/")["results"][0]["downloading"] is True
    gate.open()
    lab.ended()
    assert lab.get("/image/")["results"][0]["downloading"] is False


def test_a_local_list_waits_for_no_upstream(tmp_path_factory: pytest.TempPathFactory, fake_hub: FakeHub) -> None:
    """More calls than there are threads wait for a Docker Hub that says nothing."""
    gate = Gate()
    fake_hub.inject_into(delivery.stalled(gate), list(Area))
    folder = tmp_path_factory.mktemp("hung")
    with Face(folder, registry_url=fake_hub.url, hub_url=fake_hub.url) as face:
        asked = [f"/image/?from=dockerhub&filter_text=x{number}" for number in range(40)]
        asked += ["/image/dockerhub/docker/1/redis/tags"] * 40
        for path in asked:
            face.opened("GET", path)
        # Docker Hub is asked by so many at a time; the others wait for their turn.
        fake_hub.requests.wait_for(lambda log: len(log) >= 16)
        for _ in range(20):
            assert face.get("/image/?from=local")["results"] == []
            assert face.get("/image/downloadstatus") == []
            assert face.get("/downloads") == []
        fake_hub.heal()


def test_what_is_here_is_searched_by_relevance_too(stocked: Face) -> None:
    assert names(stocked, "filter_text=gama&order=relevance") == []
    assert names(stocked, "filter_text=gamna&order=relevance") == ["lab/gamma"]
    assert names(stocked, "filter_text=alp&order=relevance") == ["lab/alpha"]
