"""`imagedepot save`, with and without a service."""

from __future__ import annotations

import json
import subprocess
import tarfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest

from imagedepot.cli import exits
from imagedepot.config import load
from imagedepot.wiring.cold import open_cold
from tests.cli.command import Command
from tests.e2e.service import PROGRAM, Service
from tests.ground.engines import Dockerd
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.stores.lxc_shapes import install_split


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str], docker_registry: DockerRegistry) -> Command:
    made = Command(tmp_path, capsys, registry_url=docker_registry.url, hub_url="http://127.0.0.1:9")
    for at, name in enumerate(("lab/one", "lab/two")):
        push_image(docker_registry.url, name, "1", [random_layer(3000, at)])
        assert made("pull", f"{name}:1").code == 0
    return made


def tags_of(path: Path) -> list[str]:
    with tarfile.open(path) as tar:
        listed = json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]
    return [tag for each in listed for tag in each["RepoTags"]]


def test_images_are_saved_to_one_file(command: Command, tmp_path: Path) -> None:
    target = tmp_path / "two.tar"
    saved = command("save", "lab/one:1", "lab/two:1", "-o", str(target))
    assert (saved.code, saved.out) == (0, "")
    assert saved.err.startswith("Saved 2 images, ")
    assert tags_of(target) == ["docker.io/lab/one:1", "docker.io/lab/two:1"]
    told = command("save", "lab/one:1", "-o", str(target), "--json").json
    assert told == {"images": 1, "bytes": target.stat().st_size}


def test_an_oci_archive_is_one_for_skopeo(command: Command, tmp_path: Path) -> None:
    target = tmp_path / "oci.tar"
    assert command("save", "lab/one:1", "--format", "oci-archive", "-o", str(target)).code == 0
    shown = subprocess.run(
        ["skopeo", "inspect", f"oci-archive:{target}:docker.io/lab/one:1"], check=True, capture_output=True
    )
    assert len(json.loads(shown.stdout)["Layers"]) == 1


def test_a_running_service_saves_the_same(command: Command, tmp_path: Path) -> None:
    alone, asked = tmp_path / "alone.tar", tmp_path / "asked.tar"
    assert command("save", "lab/one:1", "lab/two:1", "-o", str(alone)).code == 0
    with Service(command.data):
        assert command("save", "lab/one:1", "lab/two:1", "-o", str(asked)).code == 0
        absent = command("save", "lab/absent", "-o", str(tmp_path / "absent.tar"))
    assert asked.read_bytes() == alone.read_bytes()
    assert (absent.code, absent.err) == (3, "imagedepot: Image not found: lab/absent:latest\n")


def test_an_lxc_image_is_saved_as_one_file_with_and_without_a_service(command: Command, tmp_path: Path) -> None:
    with open_cold(load({"IMAGEDEPOT_DATA_DIR": str(command.data)}, environment={}, files=())) as cold:
        install_split(cold.blobs, cold.stores.embedded_lxc, "debian/bookworm")
    alone, asked = tmp_path / "alone.tar", tmp_path / "asked.tar"
    assert command("save", "--type", "lxc", "debian/bookworm", "-o", str(alone)).err.startswith("Saved 1 image, ")
    with Service(command.data):
        assert command("save", "--type", "lxc", "debian/bookworm", "-o", str(asked)).code == 0
    assert asked.read_bytes() == alone.read_bytes()
    with tarfile.open(alone) as tar:
        assert {"./metadata.yaml", "./rootfs/etc"} <= set(tar.getnames())
    for wrong in (["a", "b"], ["debian/bookworm", "--format", "oci-archive"]):
        refused = command("save", "--type", "lxc", *wrong, "-o", str(asked))
        assert (refused.code, "one by one, in one format" in refused.err) == (exits.USAGE, True)


def test_a_pipe_takes_it_too(command: Command, tmp_path: Path) -> None:
    piped = subprocess.run(
        [PROGRAM, "--data-dir", command.data, "save", "lab/one:1"], capture_output=True, check=True, timeout=60
    )
    target = tmp_path / "piped.tar"
    target.write_bytes(piped.stdout)
    assert tags_of(target) == ["docker.io/lab/one:1"]


def test_what_fails_leaves_the_file_that_was_there(command: Command, tmp_path: Path) -> None:
    target = tmp_path / "kept.tar"
    target.write_bytes(b"before")
    damaged = next(path for path in (command.data / "content/blobs/sha256").iterdir() if path.stat().st_size > 3000)
    damaged.write_bytes(damaged.read_bytes()[:-1])
    failed = command("save", "lab/one:1", "lab/two:1", "-o", str(target))
    assert failed.code == 8
    assert "its manifest promises" in failed.err
    assert target.read_bytes() == b"before"
    assert [each.name for each in tmp_path.iterdir() if "kept" in each.name] == ["kept.tar"]
    nowhere = command("save", "lab/two:1", "lab/one:1", "-o", str(tmp_path / "absent" / "x.tar"))
    assert nowhere.code == 8


def large(command: Command, registry: DockerRegistry) -> Sequence[str | Path]:
    """How to save an image that no pipe holds."""
    push_image(registry.url, "lab/large", "1", [random_layer(3_000_000)])
    assert command("pull", "lab/large:1").code == 0
    return [PROGRAM, "--data-dir", command.data, "save", "lab/large:1"]


@pytest.mark.parametrize("served", [False, True], ids=["alone", "served"])
def test_a_reader_that_stops_ends_it_quietly(command: Command, docker_registry: DockerRegistry, served: bool) -> None:
    save = large(command, docker_registry)
    with (
        Service(command.data) if served else nullcontext(),
        subprocess.Popen(save, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as saving,
    ):
        assert saving.stdout is not None and saving.stderr is not None
        saving.stdout.read(1)
        saving.stdout.close()
        assert (saving.stderr.read(), saving.wait(60)) == (b"", exits.OUTPUT_CLOSED)


@pytest.mark.parametrize("served", [False, True], ids=["alone", "served"])
def test_a_full_disk_is_one_sentence(command: Command, docker_registry: DockerRegistry, served: bool) -> None:
    save = large(command, docker_registry)
    with Service(command.data) if served else nullcontext(), Path("/dev/full").open("wb") as full:
        piped = subprocess.run(save, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
        named = subprocess.run([*save, "-o", "/dev/full"], stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert (piped.returncode, piped.stderr) == (
        8,
        "imagedepot: Cannot write standard output: No space left on device\n",
    )
    assert (named.returncode, named.stderr) == (8, "imagedepot: Cannot write /dev/full: No space left on device\n")


@pytest.mark.parametrize("served", [False, True], ids=["alone", "served"])
def test_images_are_loaded_into_an_engine_of_this_host(
    command: Command, dockerd: Dockerd, monkeypatch: pytest.MonkeyPatch, served: bool
) -> None:
    monkeypatch.setenv("DOCKER_HOST", dockerd.address)
    service = Service(command.data)
    service.environment["DOCKER_HOST"] = dockerd.address
    with service if served else nullcontext():
        loaded = command("load-into", "docker", "lab/one:1", "lab/two:1")
        lines = [f"lab/{name}:1: loaded into docker at {dockerd.address}" for name in ("one", "two")]
        assert (loaded.code, loaded.out.splitlines()) == (0, lines)
        absent = command("load-into", "podman", "lab/one:1")
    assert absent.code == 3
    assert "No engine 'podman' answers on this host" in absent.err
    for name in ("one", "two"):
        dockerd("rmi", f"lab/{name}:1")
