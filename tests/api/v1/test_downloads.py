from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.face import Face
from tests.fakes import delivery, statuses
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS, MANIFESTS
from tests.ground.images import push_image, push_index, random_layer

ASK = "/image/dockerhub/docker/lab/app/1/download"


@pytest.fixture
def held(lab: Face, faulty_registry: FaultyRegistry) -> Gate:
    """A download of lab/app:1 stands in the middle of its layer."""
    push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(90_000)])
    gate = Gate()
    faulty_registry.inject(delivery.hold(gate, at=40_000), BLOBS)
    assert lab.post(ASK) == {}
    gate.wait_reached()
    return gate


def test_the_status_has_one_row_for_each_that_waits_or_runs(lab: Face, held: Gate) -> None:
    lab.post("/image/official/docker/redis/7/download")
    rows = lab.get("/image/downloadstatus")
    assert [(row["name"], row["tag"], row["from"]) for row in rows] == [
        ("lab/app", "1", "dockerhub"),
        ("redis", "7", "official"),
    ]
    assert set(rows[0]) >= {"name", "percent", "status"}
    held.open()
    lab.ended()
    assert lab.get("/image/downloadstatus") == []
    ended = lab.get("/downloads")
    assert {row["name"]: row["status"] for row in ended} == {"lab/app": "done", "redis": "failed"}
    assert "redis:7" in next(row["error"] for row in ended if row["name"] == "redis")


def test_the_same_image_asked_for_many_times_is_one_download(lab: Face, held: Gate) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: lab.post(ASK), range(16))) == [{}] * 16
    assert len(lab.get("/downloads")) == 1
    held.open()
    lab.ended()


def test_a_download_that_is_under_way_is_not_removed_with_its_image(lab: Face, held: Gate) -> None:
    answered = lab.call("DELETE", "/image/local/docker/lab/app")
    assert (answered.status, answered.message) == (404, "Image not found: lab/app")
    held.open()
    assert lab.ended()["status"] == "done"


def test_one_that_waits_for_its_turn_is_moved(lab: Face, held: Gate) -> None:
    (running,) = lab.get("/downloads")
    assert (running["queued"], running["turn"]) == (False, None)
    lab.services.downloads.set_limit(1)
    for name in ("one", "two"):
        lab.post(f"/image/dockerhub/docker/lab/{name}/1/download")
    two, one, _ = lab.get("/downloads")
    assert (one["queued"], two["queued"]) == (True, True)
    moved = lab.post(f"/downloads/{two['id']}/move")
    assert (moved["name"], moved["turn"]) == ("lab/two", 1)
    assert [row["name"] for row in lab.get("/image/downloadstatus")] == ["lab/app", "lab/two", "lab/one"]
    lab.post(f"/downloads/{two['id']}/move", {"place": 2})
    assert [row["name"] for row in lab.get("/image/downloadstatus")] == ["lab/app", "lab/one", "lab/two"]
    refused = lab.call("POST", f"/downloads/{running['id']}/move")
    assert (refused.status, refused.message) == (409, "lab/app:1 does not wait for its turn")
    wrong = lab.call("POST", f"/downloads/{two['id']}/move", {"place": 0})
    assert (wrong.status, wrong.message) == (400, "Places are counted from 1: 0 is not one")
    assert lab.call("POST", "/downloads/0/move").status == 404
    held.open()
    lab.ended()


def test_the_list_is_cleared_of_what_did_not_fail(lab: Face, held: Gate) -> None:
    lab.post("/image/dockerhub/docker/lab/absent/1/download")
    held.open()
    lab.ended()
    rows = {row["name"]: row for row in lab.get("/downloads")}
    assert (rows["lab/absent"]["login"], rows["lab/absent"]["retry_at"]) == ("", None)
    wrong = lab.call("DELETE", "/downloads?before=yesterday")
    assert (wrong.status, wrong.message) == (400, "before is not a time such as 2026-11-23T20:00:00Z: 'yesterday'")
    assert lab.call("DELETE", "/downloads?before=2020-01-01T00:00:00Z").json == {"forgotten": []}
    assert lab.call("DELETE", "/downloads").json == {"forgotten": [rows["lab/app"]["id"]]}
    assert [row["name"] for row in lab.get("/downloads")] == ["lab/absent"]


def test_cancelled_then_retried_then_forgotten(lab: Face, held: Gate) -> None:
    key = lab.get("/downloads")[0]["id"]
    cancelled = lab.call("DELETE", f"/downloads/{key}")
    assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled")
    assert lab.get(f"/downloads/{key}")["status"] == "cancelled"
    held.open()
    assert lab.post(f"/downloads/{key}/retry")["status"] == "waiting"
    assert lab.ended()["status"] == "done"
    assert lab.call("DELETE", f"/downloads/{key}").json["status"] == "done"
    assert lab.get("/downloads") == []
    assert lab.call("GET", f"/downloads/{key}").message == f"Download not found: {key}"


def test_a_failure_is_a_sentence_in_its_row(lab: Face, faulty_registry: FaultyRegistry) -> None:
    faulty_registry.inject(statuses.too_many_requests("20000"), MANIFESTS)
    row = lab.download("dockerhub/docker/lab/app/1")
    assert row["status"] == "failed"
    assert "rate limit" in row["error"].lower()
    assert "lab/app:1" in row["error"]


def test_a_digest_is_a_tag_too(lab: Face, faulty_registry: FaultyRegistry) -> None:
    pushed = push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(700)])
    lab.download(f"dockerhub/docker/lab/app/{pushed.digest}")
    row = lab.get("/image/")["results"][0]
    assert (row["tags"], row["is_latest"]) == ([str(pushed.digest)], [])
    inspected = lab.get(f"/image/docker/lab/app/{pushed.digest}/inspect")
    assert inspected["RepoDigests"] == [f"lab/app@{pushed.digest}"]
    assert lab.call("DELETE", f"/image/local/docker/lab/app@{pushed.digest}").status == 200


def test_a_name_that_carries_the_same_tag_is_that_image(lab: Face, faulty_registry: FaultyRegistry) -> None:
    push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(700)])
    lab.download("dockerhub/docker/lab/app:1/1")
    push_image(faulty_registry.upstream.url, "lab/app", "2", [random_layer(701)])
    lab.download("dockerhub/docker/lab/app/2")
    assert lab.call("DELETE", "/image/local/docker/lab/app:1").json["name"] == "lab/app:1"
    assert lab.get("/image/")["results"][0]["tags"] == ["2"]


def test_another_registry_is_named_by_its_host(lab: Face, faulty_registry: FaultyRegistry) -> None:
    host = faulty_registry.url.removeprefix("http://")
    push_image(faulty_registry.upstream.url, "a/b", "1", [random_layer(700)])
    assert lab.download(f"dockerhub/docker/{host}/a/b/1")["status"] == "done"
    assert lab.get("/image/")["results"][0]["name"] == f"{host}/a/b"
    tags = lab.get(f"/image/dockerhub/docker/0/{host}/a/b/tags")
    assert (tags["installed"], "1" in tags["tags"]) == (["1"], True)


def test_the_details_of_an_image(lab: Face, faulty_registry: FaultyRegistry) -> None:
    url = faulty_registry.upstream.url
    base = random_layer(3000)
    push_image(url, "lab/one", "1", [base, random_layer(400)])
    push_image(url, "lab/two", "1", [base])
    push_index(url, "lab/multi", "1", ["linux/amd64", "linux/arm64"])
    lab.download("dockerhub/docker/lab/one/1")
    lab.download("dockerhub/docker/lab/two/1")
    layers = lab.get("/image/docker/lab/one/1/layers")
    assert [layer["shared_with"] for layer in layers["layers"]] == [["lab/two:1"], []]
    assert [layer["created_by"] for layer in layers["layers"]] == ["COPY layer 0", "COPY layer 1"]
    assert lab.get("/image/docker/lab/one/1/update")["update"] is False
    push_image(url, "lab/two", "1", [random_layer(900)])
    assert lab.get("/image/docker/lab/two/1/update")["update"] is True
    platforms = lab.get("/image/dockerhub/docker/lab/multi/1/platforms")
    assert platforms["platforms"] == ["linux/amd64", "linux/arm64"]
    assert platforms["fits"] is (platforms["host"] in platforms["platforms"])
    inspected = lab.get("/image/docker/lab/one/1/inspect")
    assert inspected["Size"] == inspected["VirtualSize"] == layers["size"]


def test_the_digest_decides_in_every_call(lab: Face, faulty_registry: FaultyRegistry) -> None:
    url = faulty_registry.upstream.url
    other = str(push_image(url, "lab/app", "1", [random_layer(2000)]).digest)
    assert lab.download(f"dockerhub/docker/lab/app:1@{other}/1")["status"] == "done"
    push_image(url, "lab/app", "1", [random_layer(3000)])
    lab.download("dockerhub/docker/lab/app/1")
    assert lab.get("/image")["results"][0]["tags"] == ["1", other]
    told = lab.get(f"/image/docker/lab/app:1@{other}/1/inspect")
    assert told["RepoDigests"] == [f"lab/app@{other}"]
    assert lab.get(f"/image/docker/lab/app/{other}/layers")["digest"] == other
    absent = f"lab/app:1@sha256:{'0' * 64}"
    refused = lab.call("DELETE", f"/image/local/docker/{absent}")
    assert (refused.status, refused.message) == (404, f"Image not found: lab/app@sha256:{'0' * 64}")
    assert lab.call("DELETE", f"/image/local/docker/lab/app:1@{other}").status == 200
    assert lab.get("/image")["results"][0]["tags"] == ["1"]
