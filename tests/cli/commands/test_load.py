"""`imagedepot load`, with and without a service: what real tools save, and what is refused."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import tarfile
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path

import pytest
import zstandard

from imagedepot.model.digest import Digest
from tests.cli.command import Command, Outcome
from tests.e2e.service import PROGRAM, Service
from tests.ground.engines import DOCKER, Dockerd
from tests.ground.images import packed_layer, push_index, random_layer, runnable_layer
from tests.ground.registry import DockerRegistry


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(tmp_path, capsys, registry_url="http://127.0.0.1:9", hub_url="http://127.0.0.1:9")


@pytest.fixture
def oci(tmp_path: Path, docker_registry: DockerRegistry) -> Path:
    """An OCI archive by skopeo, of an index for two platforms."""
    push_index(docker_registry.url, "lab/many", "1", ["linux/amd64", "linux/arm64"])
    target = tmp_path / "many.tar"
    source = f"docker://{docker_registry.host}/lab/many:1"
    copy = ["skopeo", "copy", "--all", "--src-tls-verify=false", "-q", source, f"oci-archive:{target}:lab/many:1"]
    subprocess.run(copy, check=True, capture_output=True)
    return target


def loaded(outcome: Outcome) -> list[str]:
    assert outcome.code == 0, outcome
    return outcome.out.splitlines()


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The archive with other members."""
    with tarfile.open(path) as tar:
        members = {each.name: tar.extractfile(each).read() for each in tar if each.isfile()}  # type: ignore[union-attr]
    change(members)
    return archived(path.with_name("changed.tar"), members)


def archived(path: Path, members: Mapping[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def docker_archive(
    path: Path, *layers: bytes, plain: tuple[bytes, ...] = (), tags: tuple[str, ...] = ("lab/x:1",)
) -> Path:
    """`plain`: what the config says of the layers, where that is not the truth."""
    diff_ids = [str(Digest.of(each)) for each in (plain or map(gzip.decompress, layers))]
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids}, "config": {}}
    raw = json.dumps(config).encode()
    name = f"{Digest.of(raw).hex}.json"
    names = [f"{at}/layer.tar" for at in range(len(layers))]
    row = {"Config": name, "RepoTags": list(tags) or None, "Layers": names}
    return archived(
        path, {name: raw, **dict(zip(names, layers, strict=True)), "manifest.json": json.dumps([row]).encode()}
    )


def test_what_docker_saves_keeps_its_names_and_its_id(command: Command, dockerd: Dockerd, tmp_path: Path) -> None:
    one = docker_archive(tmp_path / "one.tar", runnable_layer(), packed_layer({"a": b"1"}), tags=("lab/run:1",))
    subprocess.run([DOCKER, "-H", dockerd.address, "load", "-i", one], check=True, capture_output=True)
    dockerd("tag", "lab/run:1", "registry.lan:5000/team/run:2")
    try:
        saved = tmp_path / "saved.tar"
        dockerd("save", "-o", str(saved), "lab/run:1", "registry.lan:5000/team/run:2")
        image_id = dockerd("image", "inspect", "--format", "{{.Id}}", "lab/run:1")
    finally:
        dockerd("rmi", "lab/run:1", "registry.lan:5000/team/run:2")
    told = loaded(command("load", "-i", str(saved)))
    assert sorted(told) == ["lab/run:1: loaded", "registry.lan:5000/team/run:2: loaded"]
    assert command("inspect", "lab/run:1", "--json").json["Id"] == image_id
    assert loaded(command("load", "-i", str(saved)))[0].endswith(": is here already")
    assert command("verify").code == 0
    assert list((command.data / "incoming").glob("*")) == []


def test_what_we_save_we_load_and_docker_does(command: Command, dockerd: Dockerd, tmp_path: Path) -> None:
    source = docker_archive(tmp_path / "one.tar", runnable_layer(), tags=("lab/round:1",))
    assert loaded(command("load", "-i", str(source))) == ["lab/round:1: loaded"]
    again = tmp_path / "again.tar"
    assert command("save", "lab/round:1", "-o", str(again)).code == 0
    subprocess.run([DOCKER, "-H", dockerd.address, "load", "-i", again], check=True, capture_output=True)
    try:
        assert dockerd("run", "--rm", "--network=none", "lab/round:1", "/bin/echo", "it runs") == "it runs"
    finally:
        dockerd("rmi", "lab/round:1")


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_packed_archive_is_unpacked(command: Command, tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    plain = docker_archive(tmp_path / "one.tar", random_layer(9000))
    packed = tmp_path / "one.tar.packed"
    packed.write_bytes(pack(plain.read_bytes()))
    assert loaded(command("load", "-i", str(packed))) == ["lab/x:1: loaded"]
    assert list((command.data / "incoming").glob("*")) == []


def test_an_archive_for_several_platforms_brings_the_one_that_is_wanted(command: Command, oci: Path) -> None:
    assert loaded(command("load", "-i", str(oci), "--platform", "linux/arm64")) == ["lab/many:1: loaded"]
    assert command("inspect", "lab/many:1", "--json").json["Architecture"] == "arm64"
    refused = command("load", "-i", str(oci), "--platform", "linux/s390x")
    assert (refused.code, refused.out) == (6, "")
    assert refused.err == "imagedepot: lab/many:1: not available for linux/s390x (only linux/amd64, linux/arm64)\n"


def test_an_oci_archive_keeps_its_digest(command: Command, oci: Path) -> None:
    told = command("load", "-i", str(oci), "--platform", "linux/amd64", "--json").json
    assert [row["status"] for row in told] == ["done"]
    with tarfile.open(oci) as tar:
        index = json.load(tar.extractfile("index.json"))  # type: ignore[arg-type]
    row = next(each for each in command("list", "--json").json["results"] if each["name"] == "lab/many")
    assert row["digests"] == [index["manifests"][0]["digest"]]


def test_an_image_without_a_name_is_given_one(command: Command, tmp_path: Path) -> None:
    nameless = docker_archive(tmp_path / "one.tar", random_layer(100), tags=())
    refused = command("load", "-i", str(nameless))
    assert refused.code == 2
    assert "has no name in the archive: say what it is to be called (--name" in refused.err
    assert loaded(command("load", "-i", str(nameless), "--name", "team/app:3")) == ["team/app:3: loaded"]


def test_a_running_service_loads_the_same_from_a_pipe(command: Command, tmp_path: Path) -> None:
    source = docker_archive(tmp_path / "one.tar", random_layer(3_000_000), tags=("lab/a:1", "lab/b:1"))
    with Service(command.data), source.open("rb") as pipe:
        piped = subprocess.run(
            [PROGRAM, "--data-dir", command.data, "load"],
            stdin=pipe,
            capture_output=True,
            text=True,
            timeout=120,
        )
        broken = command("load", "-i", str(archived(tmp_path / "empty.tar", {"readme": b"hello"})))
        listed = command("list", "--json").json["results"]
    assert (piped.returncode, sorted(piped.stdout.splitlines())) == (0, ["lab/a:1: loaded", "lab/b:1: loaded"])
    assert {row["name"] for row in listed} == {"lab/a", "lab/b"}
    assert broken.code == 2
    assert broken.err.startswith("imagedepot: Not an archive of images: neither manifest.json")
    assert list((command.data / "incoming").glob("*")) == []


@pytest.mark.parametrize("served", [False, True], ids=["alone", "served"])
def test_what_cannot_be_read_is_named(command: Command, served: bool) -> None:
    with Service(command.data) if served else nullcontext(), Path("/proc/self/mem").open("rb") as unreadable:
        load: list[str | Path] = [PROGRAM, "--data-dir", command.data, "load"]
        failed = subprocess.run(load, stdin=unreadable, capture_output=True, text=True, check=False, timeout=60)
    assert (failed.returncode, failed.stderr) == (8, "imagedepot: Cannot read standard input: Input/output error\n")


def _lose_a_layer(members: dict[str, bytes]) -> None:
    del members[next(name for name, content in members.items() if content.startswith(b"\x1f\x8b"))]


def _lose_the_first(members: dict[str, bytes]) -> None:
    del members["0/layer.tar"]


def _cut_a_layer(members: dict[str, bytes]) -> None:
    name = next(name for name, content in members.items() if content.startswith(b"\x1f\x8b"))
    members[name] = members[name][:-1]


@pytest.mark.parametrize(
    ("change", "says"),
    [(_lose_a_layer, "the archive is incomplete: blob"), (_cut_a_layer, "and its manifest promises")],
    ids=["lost", "cut"],
)
def test_an_incomplete_archive_is_one_sentence_and_leaves_nothing(
    command: Command, oci: Path, change: Callable[[dict[str, bytes]], None], says: str
) -> None:
    refused = command("load", "-i", str(rewritten(oci, change)), "--platform", "linux/amd64")
    # Of two layers the other may have been changed: then that platform is the one that is refused.
    if refused.code == 0:
        refused = command("load", "-i", str(oci.with_name("changed.tar")), "--platform", "linux/arm64")
    assert refused.code == 2
    assert says in refused.err
    assert len(refused.err.splitlines()) == 1


def test_a_blob_that_is_not_what_its_digest_says_never_lands(command: Command, oci: Path) -> None:
    def flip(members: dict[str, bytes]) -> None:
        for name, content in members.items():
            if content.startswith(b"\x1f\x8b"):
                members[name] = content[:-1] + bytes([content[-1] ^ 1])

    refused = command("load", "-i", str(rewritten(oci, flip)), "--platform", "linux/amd64")
    assert refused.code == 6
    assert "the bytes do not match their digest" in refused.err
    assert command("list", "--json").json["results"] == []


def test_a_layer_of_a_docker_archive_is_held_against_the_config(command: Command, tmp_path: Path) -> None:
    other = docker_archive(tmp_path / "one.tar", random_layer(100), plain=(b"something else",))
    refused = command("load", "-i", str(other))
    assert refused.code == 2
    assert "layer 1 in the archive is not what the image's config says: it is damaged" in refused.err
    missing = rewritten(other, _lose_the_first)
    assert "the archive is incomplete: layer '0/layer.tar' is not in it" in command("load", "-i", str(missing)).err


def test_names_that_none_may_have_are_refused(command: Command, tmp_path: Path) -> None:
    for name, says in (
        ("../../etc", "not allowed"),
        ("depot.internal/team/app:1", "is a name of images that are pushed"),
    ):
        bad = docker_archive(tmp_path / "one.tar", random_layer(100), tags=(name,))
        refused = command("load", "-i", str(bad))
        assert refused.code == 2
        assert says in refused.err
