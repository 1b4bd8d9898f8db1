"""`imagedepot df`: the same figures from a running service and without one."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.request import urlopen

import pytest

from imagedepot.database.stored import DATABASE
from tests.cli.command import Command
from tests.e2e.service import Service
from tests.fakes.registry import FaultyRegistry
from tests.ground.images import push_image, random_layer

LAYER = 200_000
PARTIALS = "partial"


@pytest.fixture
def plain(tmp_path: Path, capsys: pytest.CaptureFixture[str], faulty_registry: FaultyRegistry) -> Command:
    """Without a service."""
    push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(LAYER)])
    return Command(tmp_path, capsys, registry_url=faulty_registry.url)


def get_bytes(address: str) -> bytes:
    with urlopen(address, timeout=60) as answer:
        return bytes(answer.read())


def bytes_of(space: dict[str, object]) -> dict[str, int]:
    return {row["part"]: row["bytes"] for row in space["parts"]}  # type: ignore[attr-defined]


def test_images_partial_files_and_what_can_be_freed_are_shown(plain: Command) -> None:
    assert plain("pull", "lab/app:1").code == 0
    (plain.data / PARTIALS / ("0" * 64)).write_bytes(b"x" * 7_000)
    told = plain("df", "--json").json
    assert bytes_of(told)["partial"] == 7_000
    assert bytes_of(told)["images"] >= LAYER
    assert sum(bytes_of(told).values()) == told["used"]
    images, mirror, partials, unneeded, summary = plain("df").out.splitlines()
    assert images.startswith("Images\t1\t")
    assert images.endswith(" kB\t0 B")
    assert mirror == "Mirror\t\t0 B\t0 B"
    assert partials == "Partial files\t1\t7.0 kB\t7.0 kB"
    assert unneeded == "Files no longer needed\t0\t0 B\t0 B"
    assert " used, " in summary
    assert plain("gc", "--json").json["freed"] == told["reclaimable"]["bytes"] == 7_000


def test_each_image_is_shown_with_what_its_removal_frees(plain: Command) -> None:
    assert plain("df", "--verbose").err == "No images\n"
    plain("pull", "lab/app:1")
    image, kind, store, _, shared, unique = plain("df", "-v").out.rstrip().split("\t")
    assert (image, kind, store, shared) == ("lab/app:1", "docker", "embedded", "0 B")
    assert unique.endswith(" kB")


def test_a_part_of_the_answer_is_printed(plain: Command) -> None:
    assert plain("df", "--format", "parts[].part").out.split() == ["images", "mirror", "partial", "unneeded"]


def test_it_makes_no_database_for_a_full_disk_has_no_room(plain: Command) -> None:
    assert plain("df").code == 0
    assert not (plain.data / DATABASE).exists()


def test_a_service_and_what_it_leaves_are_counted_alike(plain: Command, faulty_registry: FaultyRegistry) -> None:
    """One image is installed, another only mirrored."""
    other = push_image(faulty_registry.upstream.url, "lab/mirrored", "1", [random_layer(LAYER + 1)])
    with Service(plain.data, registry_url=faulty_registry.url, hub_url="http://127.0.0.1:9") as service:
        assert plain("pull", "lab/app:1").code == 0
        manifest = json.loads(get_bytes(f"{service.url}/v2/lab/mirrored/manifests/1"))
        for blob in (manifest["config"], *manifest["layers"]):
            get_bytes(f"{service.url}/v2/lab/mirrored/blobs/{blob['digest']}")
        served = plain("df", "--json").json
        assert service.stop() == 0
    left = plain("df", "--json").json
    assert bytes_of(left) == bytes_of(served)
    assert left["used"] == served["used"] == sum(bytes_of(served).values())
    assert bytes_of(served)["mirror"] >= other.size >= LAYER
    assert [row["reference"] for row in left["images"]] == ["lab/app:1"]
