"""Killed at every step, a pull leaves a whole store, shows nothing partial, and goes on with what is missing alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from imagedepot.content.verify import Verifier
from imagedepot.wiring.cold import open_cold
from tests.fakes.delivery import hold
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS, MANIFESTS
from tests.ground.images import Pushed, push_image, random_layer
from tests.ground.needs import require
from tests.service.killed import pull, settings_of

SIZE = 30_000


@pytest.fixture
def image(faulty_registry: FaultyRegistry) -> Pushed:
    layers = [random_layer(SIZE, 41), random_layer(SIZE, 42)]
    return push_image(faulty_registry.upstream.url, "lab/killed", "1", layers, schema2=True)


def names(data: Path, registry: str) -> list[str]:
    """What is listed after a kill; everything that is there is whole."""
    with open_cold(settings_of(data, registry)) as cold:
        listed = [f"{each.name}:{each.tag}" for each in cold.stores.embedded_oci.images()]
        assert Verifier(cold.blobs, cold.stores.references).run().problems == ()
        for each in cold.stores.embedded_oci.images():
            cold.images.inspect(each.type, each.name, each.tag)
    return listed


def here(data: Path, image: Pushed) -> int:
    """Bytes of the image that are on the disk, whole or on their way."""
    found = 0
    for digest in {image.config, *image.layers}:
        for path in (data / f"content/blobs/sha256/{digest.hex}", data / f"partial/sha256-{digest.hex}"):
            found += path.stat().st_size if path.is_file() else 0
    return found


def skopeo_reads(data: Path) -> None:
    require("skopeo")
    source = f"oci:{data / 'content'}:docker.io/lab/killed:1"
    done = subprocess.run(["skopeo", "inspect", source], capture_output=True, check=True)
    assert len(json.loads(done.stdout)["Layers"]) == 2


@pytest.mark.timeout(300)
def test_a_pull_may_be_killed_before_each_of_its_steps(
    tmp_path: Path, faulty_registry: FaultyRegistry, image: Pushed
) -> None:
    require("skopeo")
    command = [sys.executable, "-m", "tests.service.killed", str(tmp_path), faulty_registry.url, "lab/killed"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    steps = int(done.stdout)
    assert steps > 20
    outcomes = set()
    for step in range(1, steps):
        data = tmp_path / str(step)
        listed = names(data, faulty_registry.url)
        assert listed in ([], ["lab/killed:1"])
        before = here(data, image)
        outcomes.add((bool(listed), before))
        faulty_registry.requests.clear()
        pull(data, faulty_registry.url, "lab/killed")
        log = faulty_registry.requests
        assert log.bytes_sent(BLOBS) == image.size - before, f"killed before step {step}:\n{log}"
        assert log.count(MANIFESTS, "GET") <= 1
        assert names(data, faulty_registry.url) == ["lab/killed:1"]
        leftovers = [path.name for path in (data / "partial").iterdir()]
        assert leftovers == [], f"killed before step {step}"
        skopeo_reads(data)
    assert (False, 0) in outcomes, "nothing was here yet"
    assert (False, image.size) in outcomes, "everything had landed, and no image was named yet"


@pytest.mark.parametrize("at", [0, 10_000], ids=["before the first byte", "in the middle"])
def test_a_pull_may_be_killed_while_a_layer_arrives(
    tmp_path: Path, faulty_registry: FaultyRegistry, image: Pushed, at: int
) -> None:
    gate = Gate()
    last = image.layers[1]
    rule = faulty_registry.inject(hold(gate, at), f"*/blobs/{last}")
    code = "import sys; from pathlib import Path; from tests.service.killed import pull\n"
    code += "pull(Path(sys.argv[1]), sys.argv[2], 'lab/killed')"
    data = tmp_path / "data"
    process = subprocess.Popen([sys.executable, "-c", code, data, faulty_registry.url])
    gate.wait_reached()
    partial = data / f"partial/sha256-{last.hex}"
    others = [data / f"content/blobs/sha256/{digest.hex}" for digest in (image.config, image.layers[0])]
    while not (all(other.exists() for other in others) and partial.exists() and partial.stat().st_size == at):
        assert process.poll() is None
    process.kill()
    process.wait()
    gate.open()
    faulty_registry.rules.remove(rule)
    assert names(data, faulty_registry.url) == []
    assert partial.stat().st_size == at
    faulty_registry.requests.clear()
    pull(data, faulty_registry.url, "lab/killed")
    assert faulty_registry.requests.count(BLOBS) == 1
    assert faulty_registry.requests.bytes_sent(BLOBS) == json.loads(image.raw)["layers"][1]["size"] - at
    assert names(data, faulty_registry.url) == ["lab/killed:1"]
