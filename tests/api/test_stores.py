"""Stores over the API: another one is chosen without a restart, and images move into it."""

from __future__ import annotations

from tests.api.face import Face
from tests.fakes.registry import FaultyRegistry
from tests.ground.engines import Dockerd
from tests.ground.images import push_image, random_layer
from tests.ground.waiting import wait_until


def test_another_store_is_chosen_and_the_images_of_before_are_asked_about(
    lab: Face, faulty_registry: FaultyRegistry, dockerd: Dockerd
) -> None:
    push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(9000)])
    lab.download("dockerhub/docker/lab/app/1")
    told = lab.call("PUT", "/stores/docker", {"setting": dockerd.address, "images": "keep"}).json
    docker = [row for row in told["stores"] if row["type"] == "docker"]
    assert [(row["name"], row["chosen"], row["images"]) for row in docker] == [
        ("docker", True, 0),
        ("embedded", False, 1),
    ]
    assert [row["store"] for row in lab.get("/image")["results"]] == ["embedded"]
    assert lab.get("/image/docker/lab%2Fapp/1/inspect?store=embedded")["RepoTags"] == ["lab/app:1"]
    assert lab.call("GET", "/image/docker/lab%2Fapp/1/inspect?store=docker").status == 404
    assert lab.post("/stores/docker/work", {"store": "embedded", "images": "move"})["work"][0]["work"] == "move"
    wait_until(lambda: bool(lab.get("/stores")["work"][0]["ended"]))
    (work,) = lab.get("/stores")["work"]
    assert (work["done"], work["total"], work["failures"]) == (1, 1, [])
    assert [row["store"] for row in lab.get("/image")["results"]] == ["docker"]
    lab.call("PUT", "/stores/docker", {"setting": "embedded", "images": "remove"})
    wait_until(lambda: lab.get("/image")["results"] == [])
    wait_until(lambda: bool(lab.get("/stores")["work"][0]["ended"]))
    assert lab.call("DELETE", "/stores/docker/work").message == "No docker images are being moved or removed"


def test_what_cannot_be_is_refused_with_a_sentence(face: Face) -> None:
    away = face.call("PUT", "/stores/docker", {"setting": "unix:///nowhere.sock"})
    assert (away.status, away.message) == (503, "The engine at unix:///nowhere.sock does not answer")
    assert face.call("PUT", "/stores/docker", {"setting": "embedded", "images": "burn"}).status == 400
    assert face.call("PUT", "/stores/floppy", {"setting": "embedded"}).status == 400
    absent = face.call("POST", "/stores/lxc/work", {"store": "incus", "images": "move"})
    assert (absent.status, absent.message) == (404, "There is no store 'incus' with lxc images")
