"""`imagedepot stores`, with no service: real images go into a real engine and come back."""

from __future__ import annotations

import json

from tests.cli.command import Command
from tests.ground.engines import Dockerd
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry


def stores(command: Command) -> list[tuple[str, bool, int | None]]:
    rows = command("stores", "--json").json["stores"]
    return [(row["name"], row["chosen"], row["images"]) for row in rows if row["type"] == "docker"]


def test_images_move_into_an_engine_and_back(
    command: Command, docker_registry: DockerRegistry, dockerd: Dockerd
) -> None:
    push_image(docker_registry.url, "lab/moved", "1", [random_layer(5000, 21)])
    assert command("pull", "lab/moved:1").code == 0
    assert stores(command) == [("embedded", True, 1)]
    done = command("stores", "use", "docker", dockerd.address)
    assert (done.code, done.out) == (0, "New docker images go to docker\n")
    assert stores(command) == [("docker", True, 0), ("embedded", False, 1)]
    moved = command("stores", "move", "docker", "embedded")
    assert (moved.code, moved.out) == (0, "Moved 1 image to docker\n"), moved
    assert "moving lab/moved:1 (0 of 1 done)" in moved.err
    assert dockerd("image", "ls", "--format", "{{.Repository}}") == "lab/moved"
    back = command("stores", "use", "docker", "embedded", "--images", "move")
    assert (back.code, back.out) == (0, "Moved 1 image to embedded\n"), back
    assert stores(command) == [("embedded", True, 1)]
    assert dockerd("images", "-q") == ""
    assert json.loads(command("list", "--json").out)["results"][0]["store"] == "embedded"


def test_an_engine_that_does_not_answer_is_refused_and_changes_nothing(command: Command) -> None:
    refused = command("stores", "use", "docker", "unix:///nowhere/docker.sock")
    assert refused.code > 0
    assert "The engine at unix:///nowhere/docker.sock does not answer" in refused.err
    assert stores(command) == [("embedded", True, 0)]


def test_the_store_that_takes_new_images_is_neither_emptied_nor_left(command: Command) -> None:
    for what in ("move", "remove", "leave"):
        refused = command("stores", what, "docker", "embedded")
        assert refused.code > 0
        assert "New docker images go to embedded: choose another store first" in refused.err
