"""A member, who may ask all that a viewer may and more, asks it many times at once, while every upstream hangs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from imagedepot.api.v1.operations import operations
from imagedepot.app import parts_of
from imagedepot.model.access.role import Role
from tests.api.face import Face
from tests.api.in_process import Exchange
from tests.fakes.delivery import stalled
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.ground.waiting import wait_until
from tests.remote.silent import Trickling

AT_ONCE = 25
PASSWORD = "correct horse battery"
VALUES = {
    "type": "docker",
    "name": "lab/here",
    "tag": "1",
    "from": "dockerhub",
    "is_official": "0",
    "id": "1",
}
LISTS = ("official", "dockerhub&filter_text=nginx", "appcenter", "local")


@pytest.fixture
def slow_hub() -> Iterator[Trickling]:
    with Trickling() as server:
        yield server


class Crowd:
    """Requests of one session that are sent and never read."""

    def __init__(self, face: Face) -> None:
        self._face = face
        self._asked: list[Exchange] = []

    def ask(self, path: str) -> None:
        self._asked.append(self._face.opened("GET", path))

    def leave(self) -> None:
        for each in self._asked:
            each.leave()


def test_viewers_and_members_cannot_slow_anybody_with_any_question(
    tmp_path: Path, faulty_registry: FaultyRegistry, docker_registry: DockerRegistry, slow_hub: Trickling
) -> None:
    push_image(docker_registry.url, "lab/here", "1", [random_layer(1000)])
    well = f"/image/dockerhub/docker/0/{docker_registry.host}/lab/here/tags"
    gate = Gate()
    with Face(tmp_path / "data", registry_url=faulty_registry.url, hub_url=slow_hub.url) as face, ExitStack() as stack:
        assert face.download("dockerhub/docker/lab/here/1")["status"] == "done"
        here = face.get("/image?from=local")
        appcenter = face.get("/image?from=appcenter")
        face.services.access.add("ada", PASSWORD, Role.ADMIN)
        face.services.access.add("bob", PASSWORD, Role.MEMBER)
        faulty_registry.inject(stalled(gate))
        stack.callback(gate.open)

        face.log_in("bob", PASSWORD)
        crowd = Crowd(face)
        stack.callback(crowd.leave)
        paths = _paths(face)
        for path in paths:
            for _ in range(AT_ONCE):
                crowd.ask(path)
        gate.wait_reached()
        assert slow_hub.reached.acquire(timeout=20)

        ada_waits = Crowd(face)
        stack.callback(ada_waits.leave)
        for name in ("bob", "ada"):
            face.log_in(name, PASSWORD)
            for _ in range(10):
                assert face.get("/image?from=local") == here
                assert face.get("/image?from=appcenter")["results"] == appcenter["results"]
                assert face.get("/image/downloadstatus") == []
                assert face.get("/image/docker/lab/here/1/inspect")["RepoTags"] == ["lab/here:1"]
                assert face.get("/system")["username"] == name
        face.log_in("bob", PASSWORD)
        assert face.call("GET", "/image/lxc/debian/12/files").status == 403
        face.log_in("ada", PASSWORD)
        # Another registry, and another caller's question to one that hangs, wait for none of that either.
        assert face.get(well)["tags"] == ["1"]
        before = len(faulty_registry.requests)
        ada_waits.ask("/image/docker/lab/here/1/update")
        wait_until(lambda: len(faulty_registry.requests) > before, 20)
        assert not gate.opened.is_set()


def test_what_a_viewer_asked_for_ends_when_the_viewer_leaves(tmp_path: Path, slow_hub: Trickling) -> None:
    with Face(tmp_path / "data", registry_url=slow_hub.url, hub_url=slow_hub.url) as face:
        crowd = Crowd(face)
        for number in range(AT_ONCE):
            crowd.ask(f"/image?from=dockerhub&filter_text=word{number}")
            crowd.ask(f"/image/dockerhub/docker/0/lab/app{number}/tags")
        for _ in range(4):
            assert slow_hub.reached.acquire(timeout=20)
        crowd.leave()
        # The upstream sees the connections go.
        for _ in range(4):
            assert slow_hub.left.acquire(timeout=20)
        assert face.get("/image?from=local")["results"] == []


def _paths(face: Face) -> list[str]:
    found = []
    for each in operations(parts_of(face.services)):
        if each.method == "GET" and Role.MEMBER.covers(each.needs):
            path = re.sub(r"\{(\w+)(?::path)?\}", lambda part: VALUES.get(part[1], "x"), each.path)
            found += [f"{path}?from={depot}" for depot in LISTS] if each.path == "/image" else [path]
    assert len(found) > 15
    return found
