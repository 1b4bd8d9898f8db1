"""`imagedepot mirror list|keep|drop|stats`: the same words from a running service and without one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.cli.command import Command
from tests.e2e.service import Service
from tests.fakes.registry import FaultyRegistry
from tests.ground.images import Pushed, push_index, random_layer

NAME = "lab/mirrored"
LAYER = random_layer(300_000)


@dataclass(frozen=True)
class Cached:
    """What a service has cached of one index: the first platform is here whole, of the second nothing."""

    service: Service
    image: Pushed
    hub: FaultyRegistry


@pytest.fixture
def cached(tmp_path: Path, faulty_registry: FaultyRegistry) -> Iterator[Cached]:
    platforms = ["linux/amd64", "linux/arm64"]
    image = push_index(faulty_registry.upstream.url, NAME, "1", platforms, layer_size=300_000)
    with Service(tmp_path / "data", registry_url=faulty_registry.url, hub_url="http://127.0.0.1:9") as service:
        index = json.loads(fetch(service, "manifests/1"))
        manifest = json.loads(fetch(service, f"manifests/{index['manifests'][0]['digest']}"))
        for blob in (manifest["config"], *manifest["layers"]):
            fetch(service, f"blobs/{blob['digest']}")
        yield Cached(service, image, faulty_registry)


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """On the data folder of the service."""
    return Command(tmp_path, capsys)


@pytest.fixture(params=["service", "no service"])
def mirror(request: pytest.FixtureRequest, cached: Cached, command: Command) -> Command:
    """The command line, beside the service or after its end."""
    if request.param == "no service":
        assert cached.service.stop() == 0
    cached.hub.requests.clear()
    return command


def fetch(service: Service, path: str) -> bytes:
    with urlopen(f"{service.url}/v2/{NAME}/{path}", timeout=60) as answer:
        return bytes(answer.read())


def test_the_images_and_figures_of_the_mirror_are_shown(mirror: Command, cached: Cached) -> None:
    (row,) = mirror("mirror", "list", "--json").json
    assert (row["name"], row["tag"], row["platforms"]) == (NAME, "1", ["linux/amd64"])
    assert row["size"] > len(LAYER)
    assert mirror("mirror", "list").out.split("\t")[::2] == [f"{NAME}:1", "linux/amd64"]
    state = mirror("mirror", "stats", "--json").json
    assert (state["used"], state["hits"], state["misses"]) == (row["size"], 0, 4)
    assert state["from_upstream"] == state["to_clients"] == row["size"]
    assert "asked of registries\t4\n" in mirror("mirror", "stats").out


def test_an_image_is_kept_at_no_fetch_and_its_cached_form_dropped(mirror: Command, cached: Cached) -> None:
    kept = mirror("mirror", "keep", f"{NAME}:1")
    assert kept.out.startswith(f"Installed {NAME}:1, ")
    assert [row["name"] for row in mirror("list", "--json").json["results"]] == [NAME]
    assert mirror("mirror", "stats", "--json").json["used"] < len(LAYER), "what is installed counts nothing"
    assert mirror("mirror", "drop", f"{NAME}:1").out == f"The mirror has given up {NAME}:1\n"
    assert mirror("mirror", "list", "--json").json == []
    assert mirror("verify", "--json").json["problems"] == []
    assert [row["name"] for row in mirror("list", "--json").json["results"]] == [NAME]
    assert len(cached.hub.requests) == 0


def test_what_is_dropped_frees_its_room_at_once(mirror: Command, cached: Cached) -> None:
    assert mirror("mirror", "drop", f"{NAME}@{cached.image.digest}", "--json").code == 0
    blobs = mirror.data / "content" / "blobs" / "sha256"
    assert [path for path in blobs.iterdir() if path.stat().st_size > 1000] == []
    assert mirror("mirror", "stats", "--json").json["used"] == 0


@pytest.mark.parametrize("what", ["keep", "drop"])
def test_an_image_that_is_not_cached_is_said_to_be_absent(mirror: Command, what: str) -> None:
    done = mirror("mirror", what, f"{NAME}:2")
    assert (done.code, done.err) == (3, f"imagedepot: Image not found: {NAME}:2\n")


def test_a_service_serves_what_a_command_kept_while_it_was_away(cached: Cached, command: Command) -> None:
    cached.service.stop()
    assert command("mirror", "keep", f"{NAME}:1").code == 0
    cached.hub.stop()
    cached.service.start()
    assert cached.service.names() == [NAME]
    assert fetch(cached.service, "manifests/1") == cached.image.raw


def test_where_no_service_has_ever_run_the_mirror_is_empty(command: Command) -> None:
    assert command("mirror", "list").out == ""
    assert command("mirror", "stats", "--json").json["used"] == 0
