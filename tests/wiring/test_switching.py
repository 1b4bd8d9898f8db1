"""Another store is chosen while the service runs: what comes next goes there, and no image is lost on the way."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from imagedepot.config import load
from imagedepot.content.verify import Verifier
from imagedepot.errors import Conflict, NotFound, StoreUnavailable
from imagedepot.model.image import ImageType
from imagedepot.service.stores.switching import Fate
from imagedepot.wiring.cold import open_cold
from imagedepot.wiring.services import Services, open_services
from tests.fakes.registry import FaultyRegistry
from tests.ground.engines import Dockerd, Podman
from tests.ground.images import push_image, random_layer, runnable_layer
from tests.ground.waiting import wait_until
from tests.wiring.killed_move import settings_of
from tests.wiring.test_engines import bring, ended, hold, service, start

DOCKER = ImageType.DOCKER
EMBEDDED = "embedded"


def rows(services: Services) -> list[tuple[str, str]]:
    return [(image.title, image.store) for image in services.images.local(DOCKER)]


def switch(services: Services, setting: str, fate: Fate = Fate.KEEP) -> None:
    services.switching.use(DOCKER, setting, fate)
    if fate in (Fate.MOVE, Fate.REMOVE):
        wait_until(lambda: all(each.ended for each in services.switching.work()), seconds=60)


def failures(services: Services) -> Sequence[tuple[str, str]]:
    return [each for state in services.switching.work() for each in state.failures]


@pytest.fixture
def dockerd(dockerd: Dockerd) -> Dockerd:
    dockerd.empty()
    return dockerd


@pytest.fixture
def podman(podman: Podman) -> Podman:
    podman.empty()
    return podman


@pytest.fixture
def upstream(faulty_registry: FaultyRegistry) -> FaultyRegistry:
    push_image(faulty_registry.upstream.url, "lab/runs", "1", [runnable_layer()])
    push_image(faulty_registry.upstream.url, "lab/data", "1", [random_layer(200_000, 3), random_layer(100_000, 4)])
    return faulty_registry


def test_a_switch_counts_at_once_and_the_images_of_before_stay_listed(
    tmp_path: Path, dockerd: Dockerd, upstream: FaultyRegistry
) -> None:
    with service(tmp_path, registry_url=upstream.url) as services:
        bring(services, "lab/data")
        switch(services, dockerd.address)
        assert services.stores.status()[0].kind == "docker"
        bring(services, "lab/runs")
        assert rows(services) == [("lab/data:1", "embedded"), ("lab/runs:1", "docker")]
        assert dockerd("image", "ls", "--format", "{{.Repository}}") == "lab/runs"
        assert services.images.inspect(DOCKER, "lab/data", "1")["RepoTags"] == ["lab/data:1"]
        usage = services.space.usage()
        assert [(each.image.title, each.image.store) for each in usage.images] == [
            ("lab/runs:1", "docker"),
            ("lab/data:1", "embedded"),
        ]
        assert [(each.kind, each.images) for each in services.space.by_store()][:2] == [("docker", 1), ("embedded", 1)]


def test_two_images_of_one_name_are_told_apart_by_their_store(
    tmp_path: Path, dockerd: Dockerd, upstream: FaultyRegistry
) -> None:
    with service(tmp_path, registry_url=upstream.url) as services:
        bring(services, "lab/data")
        switch(services, dockerd.address)
        bring(services, "lab/data")
        assert rows(services) == [("lab/data:1", "docker"), ("lab/data:1", "embedded")]
        sizes = [
            services.images.inspect(DOCKER, "lab/data", "1", store)["Size"] for store in ("", "docker", "embedded")
        ]
        assert sizes[0] == sizes[1] != sizes[2]
        with pytest.raises(NotFound, match="no store 'podman' with docker images"):
            services.images.inspect(DOCKER, "lab/data", "1", "podman")
        services.images.remove(DOCKER, "lab/data", "1", "embedded")
        assert rows(services) == [("lab/data:1", "docker")]


def test_a_download_under_way_lands_in_the_store_that_is_chosen_meanwhile(
    tmp_path: Path, dockerd: Dockerd, upstream: FaultyRegistry
) -> None:
    gate = hold(upstream, random_layer(200_000, 3))
    with service(tmp_path, registry_url=upstream.url) as services:
        key = start(services, "lab/data")
        assert gate.reached.wait(20)
        services.switching.use(DOCKER, dockerd.address, Fate.KEEP)
        gate.open()
        ended(services, key)
        assert rows(services) == [("lab/data:1", "docker")]


@pytest.mark.parametrize("engine", ["dockerd", "podman"])
def test_images_move_into_an_engine_and_back_again(
    tmp_path: Path, engine: str, upstream: FaultyRegistry, request: pytest.FixtureRequest
) -> None:
    running: Dockerd | Podman = request.getfixturevalue(engine)
    kind = engine.removesuffix("d")
    with service(tmp_path, registry_url=upstream.url) as services:
        bring(services, "lab/data")
        bring(services, "lab/runs")
        digests = [image.digest for image in services.images.local(DOCKER)]
        asked = len(upstream.requests)
        switch(services, running.address, Fate.MOVE)
        assert failures(services) == []
        assert rows(services) == [("lab/data:1", kind), ("lab/runs:1", kind)]
        assert [image.digest for image in services.images.local(DOCKER)] == digests
        assert running("create", "--network=none", "--name", "moved", "lab/runs:1", "/bin/echo")
        running("rm", "moved")
        assert list(services.blobs.all()) == []
        switch(services, EMBEDDED, Fate.MOVE)
        assert failures(services) == []
        assert rows(services) == [("lab/data:1", "embedded"), ("lab/runs:1", "embedded")]
        assert running("images", "-q") == ""
        assert len(upstream.requests) == asked, "nothing is fetched from an upstream for a move"
        assert [each.name for each in services.switching.stores()] == ["embedded", "embedded"], "docker's and LXC's"
        assert not services.repair.verify(repair=False).problems


def test_images_move_from_one_engine_to_another(
    tmp_path: Path, dockerd: Dockerd, podman: Podman, upstream: FaultyRegistry
) -> None:
    with service(tmp_path, registry_url=upstream.url) as services:
        switch(services, dockerd.address)
        bring(services, "lab/runs")
        switch(services, podman.address, Fate.MOVE)
        assert failures(services) == []
        assert rows(services) == [("lab/runs:1", "podman")]
        assert podman("create", "--network=none", "lab/runs:1", "/bin/echo")
        podman("rm", "--all", "--force")
        assert dockerd("images", "-q") == ""


def test_an_image_that_a_container_uses_stays_where_it_is_with_the_reason(
    tmp_path: Path, dockerd: Dockerd, upstream: FaultyRegistry
) -> None:
    with service(tmp_path, registry_url=upstream.url) as services:
        switch(services, dockerd.address)
        bring(services, "lab/runs")
        container = dockerd("create", "--network=none", "lab/runs:1", "/bin/echo")
        try:
            switch(services, EMBEDDED, Fate.MOVE)
            ((title, reason),) = failures(services)
            assert title == "lab/runs:1"
            assert f"container {container[:12]}" in reason
            assert rows(services) == [("lab/runs:1", "embedded"), ("lab/runs:1", "docker")], "the chosen store first"
        finally:
            dockerd("rm", container)
        services.switching.decide(DOCKER, "docker", Fate.MOVE)
        wait_until(lambda: rows(services) == [("lab/runs:1", "embedded")])


def test_another_image_of_the_same_name_is_never_moved_over(
    tmp_path: Path, dockerd: Dockerd, upstream: FaultyRegistry
) -> None:
    with service(tmp_path, registry_url=upstream.url) as services:
        bring(services, "lab/data")
        switch(services, dockerd.address)
        push_image(upstream.upstream.url, "lab/data", "1", [random_layer(50_000, 9)])
        bring(services, "lab/data")
        services.switching.decide(DOCKER, EMBEDDED, Fate.MOVE)
        wait_until(lambda: all(each.ended for each in services.switching.work()))
        assert failures(services) == [("lab/data:1", "lab/data:1 is in docker with other content")]
        assert rows(services) == [("lab/data:1", "docker"), ("lab/data:1", "embedded")]


def test_the_images_of_before_are_removed_or_left_to_their_engine(
    tmp_path: Path, dockerd: Dockerd, upstream: FaultyRegistry
) -> None:
    with service(tmp_path, registry_url=upstream.url) as services:
        bring(services, "lab/data")
        switch(services, dockerd.address, Fate.REMOVE)
        assert rows(services) == []
        assert list(services.blobs.all()) == []
        bring(services, "lab/runs")
        switch(services, EMBEDDED, Fate.LEAVE)
        assert rows(services) == []
        assert dockerd("image", "ls", "--format", "{{.Repository}}") == "lab/runs"
        switch(services, dockerd.address)
        assert rows(services) == [("lab/runs:1", "docker")]


def test_what_is_kept_beside_an_engine_is_no_copy_any_more_once_our_own_store_is_chosen(
    tmp_path: Path, dockerd: Dockerd, upstream: FaultyRegistry
) -> None:
    with service(tmp_path, registry_url=upstream.url, keep_blobs="yes") as services:
        switch(services, dockerd.address)
        bring(services, "lab/data")
        assert rows(services) == [("lab/data:1", "docker")], "a copy is no row of its own"
        switch(services, EMBEDDED, Fate.MOVE)
        assert failures(services) == []
        assert rows(services) == [("lab/data:1", "embedded")]
        assert not services.repair.verify(repair=False).problems
        switch(services, dockerd.address, Fate.MOVE)
        assert rows(services) == [("lab/data:1", "docker")]
        assert [image.title for image in services.stores.embedded_oci.images()] == ["lab/data:1"], "kept as a copy"
        services.images.remove(DOCKER, "lab/data", "1")
        wait_until(lambda: list(services.blobs.all()) == [])


def test_an_engine_that_does_not_answer_is_not_chosen(tmp_path: Path, upstream: FaultyRegistry) -> None:
    with service(tmp_path, registry_url=upstream.url) as services:
        with pytest.raises(StoreUnavailable):
            services.switching.use(DOCKER, f"unix://{tmp_path}/none.sock", Fate.MOVE)
        assert services.stores.in_use.oci.kind == "embedded"
        assert services.settings.docker == EMBEDDED
        with pytest.raises(Conflict, match="New docker images go to embedded"):
            services.switching.decide(DOCKER, EMBEDDED, Fate.REMOVE)


def test_what_is_kept_listed_outlives_a_restart(tmp_path: Path, dockerd: Dockerd, upstream: FaultyRegistry) -> None:
    with open_services(settings_of(tmp_path, upstream.url)) as services:
        bring(services, "lab/data")
        switch(services, dockerd.address)
        bring(services, "lab/runs")
        switch(services, EMBEDDED)
    with service(tmp_path, registry_url=upstream.url) as services:
        wait_until(lambda: rows(services) == [("lab/data:1", "embedded"), ("lab/runs:1", "docker")])


def test_a_setting_that_was_changed_while_nothing_ran_hides_no_images_either(
    tmp_path: Path, dockerd: Dockerd, upstream: FaultyRegistry
) -> None:
    flags = {"IMAGEDEPOT_DATA_DIR": str(tmp_path), "IMAGEDEPOT_REGISTRY_URL": upstream.url}
    with open_services(load({**flags, "IMAGEDEPOT_DOCKER": dockerd.address}, environment={}, files=())) as services:
        bring(services, "lab/runs")
    with service(tmp_path, registry_url=upstream.url) as services:
        wait_until(lambda: rows(services) == [("lab/runs:1", "docker")])


def whole(data: Path, registry: str, engine: Dockerd | Podman) -> tuple[set[str], set[str]]:
    """The images that our own store has, each whole, and those of the engine."""
    with open_cold(settings_of(data, registry)) as cold:
        assert Verifier(cold.blobs, cold.stores.references).run().problems == ()
        own = {image.title for image in cold.stores.embedded_oci.images()}
    listed = engine("images", "--format", "{{.Repository}}:{{.Tag}}").split()
    for each in listed:
        engine("image", "inspect", each)
    return own, {each.removeprefix("docker.io/") for each in listed if "none" not in each}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("engine", ["dockerd", "podman"])
def test_a_move_may_be_killed_anywhere_and_loses_nothing(
    tmp_path: Path, engine: str, upstream: FaultyRegistry, request: pytest.FixtureRequest
) -> None:
    running: Dockerd | Podman = request.getfixturevalue(engine)
    every = {"lab/data:1", "lab/more:1", "lab/runs:1"}
    push_image(upstream.upstream.url, "lab/more", "1", [random_layer(200_000, 3), random_layer(90_000, 5)])
    with open_services(settings_of(tmp_path, upstream.url)) as services:
        for each in every:
            bring(services, each.removesuffix(":1"))
    seen = set()
    for to, own_at_the_end in ((running.address, set()), (EMBEDDED, every)):
        command = [sys.executable, "-m", "tests.wiring.killed_move", str(tmp_path), upstream.url, to]
        for step in (14, 25, 32, 45, 0):
            done = subprocess.run([*command, str(step)], capture_output=True, text=True, check=False, timeout=120)
            assert done.returncode in ((0, -signal.SIGKILL) if step else (0,)), done.stderr
            own, theirs = whole(tmp_path, upstream.url, running)
            assert own | theirs == every, f"killed before step {step} of the way to {to}"
            seen.add((len(own), len(theirs)))
        assert (own, theirs) == (own_at_the_end, every - own_at_the_end)
    assert len(seen) > 2, f"no kill met the middle: {seen}"
