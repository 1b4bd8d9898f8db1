"""`imagedepot pull` as people run it: with a service and without one, interrupted, small in memory."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.service import PROGRAM, Service
from tests.fakes.delivery import drop_after, hold, no_answer
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS, MANIFESTS
from tests.ground.images import Pushed, push_image, random_layer
from tests.ground.waiting import wait_until

SIZE = 900_000
LAYER = random_layer(SIZE)
# From a small process, because a child's peak begins with what its parent had when it forked.
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@contextmanager
def served(service: Service, is_served: bool) -> Iterator[Service]:
    """With or without `imagedepot serve`."""
    if is_served:
        with service:
            yield service
    else:
        yield service


@pytest.fixture
def image(faulty_registry: FaultyRegistry) -> Pushed:
    return push_image(faulty_registry.upstream.url, "lab/app", "1", [LAYER])


@pytest.fixture
def service(tmp_path: Path, faulty_registry: FaultyRegistry) -> Service:
    return Service(tmp_path / "data", registry_url=faulty_registry.url)


def is_partly_here(service: Service, image: Pushed) -> bool:
    """The config whole and the layer begun, whichever of them comes first."""
    part = service.data / "partial" / image.layers[0].key
    return (
        (service.data / "content" / "blobs" / "sha256" / image.config.hex).exists()
        and part.exists()
        and part.stat().st_size > 0
    )


@pytest.mark.parametrize("is_served", [True, False], ids=["served", "alone"])
def test_it_follows_a_download_in_quiet_lines_and_knows_when_nothing_is_to_do(
    service: Service, image: Pushed, is_served: bool
) -> None:
    with served(service, is_served):
        first = service.command("pull", "lab/app:1")
        assert first.stdout == "lab/app:1: downloaded\n"
        assert all(line.startswith("lab/app:1: ") for line in first.stderr.splitlines())
        again = service.command("pull", "lab/app:1")
        assert (again.stdout, again.stderr) == ("lab/app:1: is up to date\n", "")
        (row,) = json.loads(service.command("pull", "lab/app:1", "--json").stdout)
        assert (row["name"], row["tag"], row["status"], row["percent"]) == ("lab/app", "1", "done", 100)


@pytest.mark.parametrize("is_served", [True, False], ids=["served", "alone"])
def test_ctrl_c_leaves_a_download_that_goes_on_where_it_stopped(
    service: Service, image: Pushed, faulty_registry: FaultyRegistry, is_served: bool
) -> None:
    gate = Gate()
    rule = faulty_registry.inject(hold(gate, at=SIZE // 2), f"/v2/*/blobs/{image.layers[0]}")
    with served(service, is_served):
        pulling = service.spawn("pull", "lab/app:1")
        gate.wait_reached()
        wait_until(lambda: is_partly_here(service, image))
        pulling.send_signal(signal.SIGINT)
        said, told = pulling.communicate(timeout=20)
        assert pulling.returncode == 130
        assert said == ""
        assert "lab/app:1: interrupted; " in told.splitlines()[-1]
        assert "Traceback" not in told
        faulty_registry.rules.remove(rule)
        gate.open()
        service.command("gc")  # which takes nothing of it, be it whole or in part
        assert service.command("pull", "lab/app:1").stdout.startswith("lab/app:1: ")
        resumed = [each.range is not None for each in faulty_registry.requests if "/blobs/" in each.path]
        assert resumed == ([False, False] if is_served else [False, False, True]), "the config, the layer, its rest"
        assert json.loads(service.command("verify", "--json").stdout)["problems"] == []
        assert [row["name"] for row in json.loads(service.command("list", "--json").stdout)["results"]] == ["lab/app"]


@pytest.mark.parametrize("is_served", [True, False], ids=["served", "alone"])
def test_what_an_interrupted_pull_left_is_given_up_on_request(
    service: Service, image: Pushed, faulty_registry: FaultyRegistry, is_served: bool
) -> None:
    gate = Gate()
    faulty_registry.inject(hold(gate, at=SIZE // 2), f"/v2/*/blobs/{image.layers[0]}")
    pulling = service.spawn("pull", "lab/app:1")
    gate.wait_reached()
    wait_until(lambda: is_partly_here(service, image))
    pulling.send_signal(signal.SIGINT)
    pulling.communicate(timeout=20)
    gate.open()
    with served(service, is_served):
        assert json.loads(service.command("gc", "--json").stdout) == {"freed": 0, "files": 0}
        gone = json.loads(service.command("gc", "--unfinished", "--json").stdout)
        assert 0 < gone["freed"] < SIZE * 2
        assert list((service.data / "partial").iterdir()) == []


@pytest.mark.parametrize("is_served", [True, False], ids=["served", "alone"])
def test_it_tries_again_after_a_broken_connection(
    service: Service, image: Pushed, faulty_registry: FaultyRegistry, is_served: bool
) -> None:
    faulty_registry.inject(no_answer(), MANIFESTS, times=1)
    faulty_registry.inject(drop_after(SIZE // 3), BLOBS, times=1)
    with served(service, is_served):
        assert service.command("pull", "lab/app:1").stdout == "lab/app:1: downloaded\n"


@pytest.mark.parametrize("is_served", [True, False], ids=["served", "alone"])
def test_failures_say_the_same_with_a_service_and_without(
    service: Service, faulty_registry: FaultyRegistry, is_served: bool
) -> None:
    push_image(faulty_registry.upstream.url, "lab/arm", "1", [random_layer(100)], platform="linux/arm64")
    cases = {
        ("pull", "lab/absent:1"): (3, "imagedepot: "),
        ("pull", "../../etc"): (2, "imagedepot: Not a valid image name: '../../etc'"),
        ("pull", "lab/arm:1", "--platform", "linux/s390x"): (6, "lab/arm:1: not available for linux/s390x"),
        ("pull", "lab/arm:1", "--depot", "local"): (2, "Nothing is downloaded from local"),
        ("pull", "--type", "lxc", "nobody/has"): (3, "No catalog has an LXC image nobody/has"),
        ("inspect", "lab/absent"): (3, "imagedepot: Image not found: lab/absent:latest"),
        ("remove", "lab/absent:2"): (3, "imagedepot: Image not found: lab/absent:2"),
        ("downloads", "cancel", "77"): (3, "imagedepot: Download not found: 77"),
        ("user", "remove", "bob"): (3, "imagedepot: There is no user bob"),
        ("catalog", "remove", "/nowhere"): (3, "imagedepot: There is no catalog /nowhere"),
        ("tags", "lab/absent"): (3, "imagedepot: "),
        ("registry", "logout", "nowhere.example"): (3, "imagedepot: "),
    }
    with served(service, is_served):
        for arguments, (code, sentence) in cases.items():
            done = service.command(*arguments, check=False)
            assert done.returncode == code, done
            assert sentence in done.stderr.splitlines()[-1], done
            assert "Traceback" not in done.stderr, done
            assert done.stdout == ""


def test_its_memory_does_not_grow_with_the_image(service: Service, faulty_registry: FaultyRegistry) -> None:
    push_image(faulty_registry.upstream.url, "lab/large", "1", [random_layer(40_000_000)])
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, PROGRAM, "pull", "lab/large:1"],
        env=service.environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(measured.stdout.splitlines()[-1]) < 80_000, f"{measured.stdout} kB"
