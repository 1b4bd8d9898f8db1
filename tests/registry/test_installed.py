"""Installed images through `/v2/`, while no upstream can be asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.face import Face
from tests.fakes.hub import FakeHub
from tests.ground.images import Pushed, push_index
from tests.ground.registry import DockerRegistry
from tests.registry.asking import ask

NAME = "library/redis"
PLATFORMS = ["linux/amd64", "linux/arm64"]


@pytest.fixture(scope="module")
def pushed(docker_registry: DockerRegistry) -> Pushed:
    return push_index(docker_registry.url, NAME, "7", PLATFORMS, layer_size=20_000)


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory, docker_registry: DockerRegistry, pushed: Pushed) -> Iterator[Face]:
    """`redis:7` is installed; then its registry goes away."""
    folder: Path = tmp_path_factory.mktemp("installed")
    with (
        FakeHub(docker_registry.url) as hub,
        Face(folder, registry_url=hub.url, hub_url=hub.url, platform="linux/amd64") as running,
    ):
        running.download("dockerhub/docker/redis/7")
        hub.stop()
        yield running


def test_v2_is_a_registry_and_never_the_web_page(face: Face) -> None:
    for path in ("", "_catalog"):
        answer = ask(face, path)
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
        assert answer.headers["docker-distribution-api-version"] == "registry/2.0"
    assert ask(face, "nothing").code == "NAME_UNKNOWN"


@pytest.mark.parametrize("name", ["redis", NAME, f"docker.io/{NAME}", "docker.io/redis"])
def test_every_spelling_of_the_name_gives_the_upstreams_own_index(face: Face, pushed: Pushed, name: str) -> None:
    answer = ask(face, f"{name}/manifests/7")
    assert (answer.status, answer.content) == (200, pushed.raw)
    assert answer.headers["docker-content-digest"] == str(pushed.digest)
    assert answer.headers["content-type"] == pushed.media_type


def test_ns_names_the_upstream_and_is_named_in_the_answer(face: Face, pushed: Pushed) -> None:
    answer = ask(face, f"{NAME}/manifests/{pushed.digest}?ns=docker.io")
    assert (answer.status, answer.headers["oci-namespace"]) == (200, "docker.io")
    assert ask(face, f"{NAME}/manifests/7?ns=192.168.1.1").code == "NAME_UNKNOWN"


def test_head_has_the_headers_of_get_and_no_body(face: Face, pushed: Pushed) -> None:
    for path in (f"{NAME}/manifests/7", f"{NAME}/blobs/{pushed.config}"):
        head, get = ask(face, path, "HEAD"), ask(face, path)
        assert head.content == b""
        names = ("content-length", "content-type", "docker-content-digest", "etag")
        assert [head.headers[each] for each in names] == [get.headers[each] for each in names]


def test_what_the_client_has_is_not_sent_again(face: Face, pushed: Pushed) -> None:
    for path in (f"{NAME}/manifests/7", f"{NAME}/blobs/{pushed.config}"):
        etag = ask(face, path, "HEAD").headers["etag"]
        assert ask(face, path, If_None_Match=etag).status == 304
        assert ask(face, path, If_None_Match='"sha256:0"').status == 200


def test_ranges_are_exactly_what_was_asked_for(face: Face, pushed: Pushed) -> None:
    path = f"{NAME}/blobs/{pushed.layers[0]}"
    whole = ask(face, path).content
    for header, part in {
        "bytes=0-0": whole[:1],
        "bytes=5-9": whole[5:10],
        "bytes=100-": whole[100:],
        "bytes=-7": whole[-7:],
        f"bytes=10-{len(whole) + 5}": whole[10:],
    }.items():
        answer = ask(face, path, Range=header)
        assert (answer.status, answer.content) == (206, part)
        assert answer.headers["content-range"].startswith(f"bytes {whole.index(part)}-")
        assert answer.headers["content-range"].endswith(f"/{len(whole)}")
    beyond = ask(face, path, Range=f"bytes={len(whole)}-")
    assert (beyond.status, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")
    assert beyond.code == "RANGE_INVALID"
    assert ask(face, path, Range="lines=1-2").status == 200


def test_a_blob_belongs_to_its_repository_alone(face: Face, pushed: Pushed) -> None:
    assert ask(face, f"{NAME}/blobs/{pushed.layers[0]}").status == 200
    assert ask(face, f"depot.internal/team/app/blobs/{pushed.layers[0]}").code == "BLOB_UNKNOWN"


def test_paths_that_mean_harm_are_refused_in_the_shape_of_the_protocol(face: Face) -> None:
    for path in (
        "../api/v1/users",
        "library%2Fredis/manifests/7",
        "library/../redis/manifests/7",
        "a/" * 300 + "manifests/7",
        "Library/Redis/manifests/7",
        f"{'a' * 300}/manifests/7",
        "redis/manifests/-not-a-tag",
        "redis/blobs/md5:0",
    ):
        answer = ask(face, path)
        assert answer.status in (400, 404), path
        assert answer.code in ("NAME_INVALID", "NAME_UNKNOWN", "DIGEST_INVALID"), path


def test_methods_that_mean_nothing_are_refused(face: Face) -> None:
    answer = ask(face, f"{NAME}/tags/list", "PUT")
    assert (answer.status, answer.code) == (405, "UNSUPPORTED")
    assert answer.headers["allow"] == "GET"


def test_web_pages_and_other_machines_are_refused(face: Face) -> None:
    assert ask(face, "", Origin=f"http://{face.host}").code == "DENIED"
    assert ask(face, "", Sec_Fetch_Mode="navigate").code == "DENIED"
    assert ask(face, "", Host="depot.lan").code == "DENIED"
    assert ask(face, "", X_Forwarded_For="10.0.0.1").code == "DENIED"
