"""What the mirror keeps: its limit, what is kept for good, what is given up, and who looks after the bytes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.api.conftest import NOBODY
from tests.api.face import Face
from tests.fakes.registry import FaultyRegistry
from tests.ground.images import Pushed, push_image, push_index, random_layer
from tests.registry.asking import ask
from tests.registry.test_mirror import pull


@pytest.fixture
def url(faulty_registry: FaultyRegistry) -> str:
    return faulty_registry.upstream.url


def push(url: str, name: str, seed: int, size: int = 100_000) -> Pushed:
    return push_image(url, name, "1", [random_layer(size, seed)])


def cached(face: Face) -> list[str]:
    return [f"{row['name']}:{row['tag']}" for row in face.get("/mirror/images")["results"]]


def test_cached_images_are_listed_as_such_and_are_not_installed(mirror: Face, url: str) -> None:
    index = push_index(url, "lab/both", "1", ["linux/amd64", "linux/arm64"])
    pull(mirror, "lab/both")
    (row,) = mirror.get("/mirror/images")["results"]
    assert (row["name"], row["tag"], row["digest"]) == ("lab/both", "1", str(index.digest))
    assert row["platforms"] == ["linux/amd64"]
    assert mirror.get("/image/?from=local")["results"] == []
    state = mirror.get("/mirror")
    assert state["used"] == row["size"] > index.size
    assert state["misses"] == 4
    assert state["from_upstream"] == state["to_clients"] == row["size"]
    pull(mirror, "lab/both")
    again = mirror.get("/mirror")
    assert (again["hits"], again["misses"], again["from_upstream"]) == (4, 4, state["from_upstream"])


def test_the_least_recently_used_image_goes_first_and_as_a_whole(mirror: Face, url: str) -> None:
    for seed, name in enumerate(("lab/one", "lab/two", "lab/three")):
        push(url, name, seed)
        pull(mirror, name)
    pull(mirror, "lab/one")
    used = mirror.get("/mirror")["used"]
    mirror.call("PUT", "/settings/IMAGEDEPOT_MIRROR_SPACE", {"value": f"{used - 1000}B"})
    assert cached(mirror) == ["lab/one:1", "lab/three:1"]
    assert mirror.get("/mirror")["used"] < used
    assert len(list(mirror.services.blobs.all())) == 4


def test_an_image_that_is_kept_is_installed_at_no_fetch_and_counts_nothing(
    mirror: Face, url: str, faulty_registry: FaultyRegistry
) -> None:
    index = push_index(url, "lab/both", "1", ["linux/amd64", "linux/arm64"])
    pull(mirror, "lab/both")
    faulty_registry.requests.clear()
    mirror.post("/mirror/images/lab/both/1/keep")
    assert len(faulty_registry.requests) == 0
    (image,) = mirror.get("/image/?from=local")["results"]
    assert image["name"] == "lab/both"
    assert mirror.get("/mirror")["used"] == 0
    assert mirror.call("DELETE", "/mirror/images/lab/both/1").status == 200
    assert ask(mirror, f"lab/both/blobs/{index.layers[0]}").status == 200


def test_what_is_not_here_whole_cannot_be_kept(mirror: Face, url: str) -> None:
    push(url, "lab/app", 7)
    ask(mirror, "lab/app/manifests/1")
    refused = mirror.call("POST", "/mirror/images/lab/app/1/keep")
    assert (refused.status, "not here whole" in refused.message) == (409, True)
    assert mirror.call("DELETE", "/mirror/images/lab/none/1").status == 404


def test_an_image_that_is_given_up_leaves_nothing_behind(mirror: Face, url: str) -> None:
    push(url, "lab/app", 8)
    pull(mirror, "lab/app")
    assert mirror.call("DELETE", "/mirror/images/lab/app/1").status == 200
    assert cached(mirror) == []
    assert list(mirror.services.blobs.all()) == list(mirror.services.blobs.all_upstream()) == []


def test_clean_up_and_verify_know_what_is_cached(tmp_path: Path, mirror: Face, url: str) -> None:
    push(url, "lab/app", 9)
    first = pull(mirror, "lab/app")
    mirror.post("/space/cleanup", {})
    verdict = mirror.post("/space/verify", {})
    assert (verdict["problems"], verdict["unnamed"]["files"]) == ([], 0)
    assert pull(mirror, "lab/app") == first


def test_a_blob_that_rots_is_set_aside_and_fetched_again(mirror: Face, url: str) -> None:
    pushed = push(url, "lab/app", 10)
    first = pull(mirror, "lab/app")
    path = mirror.services.blobs.local_path(pushed.layers[0])
    assert path is not None
    path.write_bytes(b"rotten")
    verdict = mirror.post("/space/verify", {"repair": True})
    assert [each["repaired"] for each in verdict["problems"]] == [True]
    assert pull(mirror, "lab/app") == first


def test_an_image_larger_than_the_limit_is_served_and_dropped(
    tmp_path: Path, url: str, faulty_registry: FaultyRegistry
) -> None:
    pushed = push(url, "lab/large", 11, 2_000_000)
    with Face(
        tmp_path / "data", registry_url=faulty_registry.url, hub_url="http://127.0.0.1:9", mirror_space="1MB"
    ) as face:
        pull(face, "lab/large")
    with Face(tmp_path / "data", **NOBODY, mirror_space="1MB") as face:
        face.services.mirror.space.shrink()
        assert not face.services.blobs.has(pushed.layers[0])


def test_rows_that_cannot_be_read_cost_themselves_alone(
    tmp_path: Path, url: str, faulty_registry: FaultyRegistry
) -> None:
    push(url, "lab/app", 12)
    settings = {"registry_url": faulty_registry.url, "hub_url": "http://127.0.0.1:9"}
    with Face(tmp_path / "data", **settings) as face:
        first = pull(face, "lab/app")
    with closing(sqlite3.connect(tmp_path / "data" / "imagedepot.db")) as database, database:
        database.execute("INSERT INTO mirror_blobs VALUES ('docker.io/lab/odd', 'no digest', 1, 'no time')")
        database.execute("INSERT INTO mirror_lists VALUES ('docker.io/lab/odd', '', 'no json', NULL)")
        database.execute("UPDATE mirror_manifests SET used = 'long ago'")
    with Face(tmp_path / "data", **NOBODY) as face:
        assert pull(face, "lab/app") == first
