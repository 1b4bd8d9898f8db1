"""What upstreams have comes through `/v2/` once, and stays usable without them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import IncompleteRead
from pathlib import Path

import pytest

from imagedepot.model.access.role import Role
from imagedepot.model.digest import Digest
from tests.api.conftest import NOBODY
from tests.api.face import Face
from tests.api.listening import listening
from tests.fakes import delivery, statuses
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS, MANIFESTS, TAGS
from tests.ground.images import Pushed, push_image, push_index, random_layer
from tests.ground.waiting import wait_until
from tests.registry.asking import Answer, ask
from tests.registry.over_http import Client

NAME = "lab/app"
MANIFEST = f"{NAME}/manifests/1"
SIZE = 3_000_000


@pytest.fixture
def pushed(faulty_registry: FaultyRegistry, docker_registry: object) -> Pushed:
    return push_image(_real(faulty_registry), NAME, "1", [random_layer(SIZE)])


def _real(registry: FaultyRegistry) -> str:
    return registry.upstream.url


def pull(face: Face, name: str = NAME, label: str = "1") -> list[bytes]:
    """Everything beneath one manifest; the index's first image where it is an index."""
    answer = ask(face, f"{name}/manifests/{label}")
    assert answer.status == 200, answer.content
    body = json.loads(answer.content)
    if "manifests" in body:
        return [answer.content, *pull(face, name, body["manifests"][0]["digest"])]
    blobs = [ask(face, f"{name}/blobs/{row['digest']}") for row in (body["config"], *body["layers"])]
    assert [each.status for each in blobs] == [200] * len(blobs)
    return [answer.content, *(each.content for each in blobs)]


def at_once(count: int, work: Callable[[], Answer]) -> list[Answer]:
    with ThreadPoolExecutor(count) as pool:
        return [each.result() for each in [pool.submit(work) for _ in range(count)]]


def test_ten_clients_at_once_cost_every_byte_once(
    mirror: Face, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    layer = f"{NAME}/blobs/{pushed.layers[0]}"
    gate = Gate()
    faulty_registry.inject(delivery.hold(gate, at=1_000_000), f"*/blobs/{pushed.layers[0]}")
    with ThreadPoolExecutor(10) as pool:
        asked = [pool.submit(lambda: (ask(mirror, MANIFEST), ask(mirror, layer))) for _ in range(10)]
        gate.wait_reached()
        gate.open()
        answers = [each.result() for each in asked]
    assert {Digest.of(blob.content) for _, blob in answers} == {pushed.layers[0]}
    log = faulty_registry.requests
    assert (log.count(MANIFESTS), log.count(BLOBS)) == (1, 1)
    assert log.bytes_sent(BLOBS) == len(answers[0][1].content)


def test_the_first_client_leaves_and_the_blob_still_comes_once(
    mirror: Face, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    gate = Gate()
    faulty_registry.inject(delivery.hold(gate, at=SIZE // 10), f"*/blobs/{pushed.layers[0]}")
    ask(mirror, MANIFEST)
    with mirror.opened("GET", f"/v2/{NAME}/blobs/{pushed.layers[0]}", base="") as first:
        assert first.status == 200  # and leaves
    gate.open()
    answer = ask(mirror, f"{NAME}/blobs/{pushed.layers[0]}")
    assert Digest.of(answer.content) == pushed.layers[0]
    assert faulty_registry.requests.bytes_sent(BLOBS) == len(answer.content)


def test_an_unchanged_tag_is_asked_for_once_however_many_ask(
    tmp_path: Path, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    settings = {"registry_url": faulty_registry.url, "hub_url": "http://127.0.0.1:9"}
    with Face(tmp_path / "data", **settings) as face:
        pull(face)
    with closing(sqlite3.connect(tmp_path / "data" / "imagedepot.db")) as database, database:
        database.execute("UPDATE mirror_tags SET checked = '2020-01-01 00:00:00'")
    faulty_registry.requests.clear()
    with Face(tmp_path / "data", **settings) as face:
        assert {each.content for each in at_once(20, lambda: ask(face, MANIFEST))} == {pushed.raw}
    assert [each.method for each in faulty_registry.requests] == ["HEAD"]


def test_within_the_interval_an_upstream_is_not_asked_again(
    mirror: Face, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    answers = [ask(mirror, MANIFEST) for _ in range(20)]
    assert {each.content for each in answers} == {pushed.raw}
    assert faulty_registry.requests.count(MANIFESTS) == 1


def test_a_head_of_an_absent_tag_costs_one_head(mirror: Face, faulty_registry: FaultyRegistry, pushed: Pushed) -> None:
    assert {each.status for each in at_once(5, lambda: ask(mirror, f"{NAME}/manifests/absent", "HEAD"))} == {404}
    log = faulty_registry.requests
    assert {each.method for each in log.matching(MANIFESTS)} == {"HEAD"}
    log.clear()
    assert ask(mirror, MANIFEST, "HEAD").headers["docker-content-digest"] == str(pushed.digest)
    assert ask(mirror, MANIFEST).content == pushed.raw
    assert [each.method for each in log.matching(MANIFESTS)] == ["HEAD", "GET"]


def test_a_registry_that_refuses_head_is_asked_with_get_for_a_probe(
    mirror: Face, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    faulty_registry.inject(statuses.head_refused(), MANIFESTS, method="HEAD")
    assert ask(mirror, MANIFEST, "HEAD").headers["docker-content-digest"] == str(pushed.digest)


def test_a_digest_is_never_asked_for_once_it_is_here(
    mirror: Face, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    first = pull(mirror, label=str(pushed.digest))
    faulty_registry.requests.clear()
    assert pull(mirror, label=str(pushed.digest)) == first
    assert len(faulty_registry.requests) == 0


def test_all_that_was_pulled_is_pulled_again_without_any_upstream(
    tmp_path: Path, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    with Face(tmp_path / "data", registry_url=faulty_registry.url, hub_url="http://127.0.0.1:9") as face:
        first = pull(face)
        tags = ask(face, f"{NAME}/tags/list").json
    with Face(tmp_path / "data", **NOBODY, mirror_fresh="0") as face:
        assert pull(face) == first
        answer = ask(face, MANIFEST)
        assert answer.headers["warning"].startswith("110 ")
        assert "warning" not in ask(face, f"{NAME}/manifests/{pushed.digest}").headers
        listed = ask(face, f"{NAME}/tags/list")
        assert listed.json == tags
        assert "1" in tags["tags"]
        assert ask(face, "_catalog").json == {"repositories": [f"docker.io/{NAME}"]}
        absent = ask(face, f"{NAME}/manifests/2")
        assert (absent.status, absent.code) == (503, "UNAVAILABLE")


@pytest.mark.parametrize(
    "fault",
    [statuses.too_many_requests("20000"), statuses.status(500), statuses.denied(), delivery.no_answer()],
    ids=["429", "500", "denied", "no answer"],
)
def test_any_failure_upstream_is_answered_with_what_is_here(
    tmp_path: Path, faulty_registry: FaultyRegistry, pushed: Pushed, fault: object
) -> None:
    with Face(
        tmp_path / "data", registry_url=faulty_registry.url, hub_url="http://127.0.0.1:9", mirror_fresh="0"
    ) as face:
        ask(face, MANIFEST)
        faulty_registry.inject(fault, MANIFESTS)  # type: ignore[arg-type]
        answer = ask(face, MANIFEST)
        assert (answer.status, answer.content) == (200, pushed.raw)
        assert answer.headers["warning"].startswith("110 ")


def test_an_upstream_that_hangs_is_not_waited_for_where_something_is_here(
    tmp_path: Path, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    with Face(
        tmp_path / "data", registry_url=faulty_registry.url, hub_url="http://127.0.0.1:9", mirror_fresh="0"
    ) as face:
        ask(face, MANIFEST)
        gate = Gate()
        faulty_registry.inject(delivery.stalled(gate), MANIFESTS, method="HEAD")
        answer = ask(face, MANIFEST)  # the gate is opened by nobody meanwhile
        assert (answer.status, answer.content) == (200, pushed.raw)
        assert "does not answer in time" in answer.headers["warning"]
        gate.open()


def test_a_tag_that_moved_is_fetched_and_the_index_once_for_all_platforms(
    tmp_path: Path, faulty_registry: FaultyRegistry
) -> None:
    url = _real(faulty_registry)
    push_index(url, NAME, "both", ["linux/amd64", "linux/arm64"])
    with Face(
        tmp_path / "data", registry_url=faulty_registry.url, hub_url="http://127.0.0.1:9", mirror_fresh="0"
    ) as face:
        index = ask(face, f"{NAME}/manifests/both").json
        children = [ask(face, f"{NAME}/manifests/{row['digest']}") for row in index["manifests"]]
        assert [each.status for each in children] == [200, 200]
        assert faulty_registry.requests.count(f"/v2/{NAME}/manifests/both", "GET") == 1
        moved = push_image(url, NAME, "both", [random_layer(900)])
        assert ask(face, f"{NAME}/manifests/both").content == moved.raw


def test_a_registry_without_head_is_asked_with_get(
    tmp_path: Path, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    faulty_registry.inject(statuses.head_refused(), MANIFESTS, method="HEAD")
    with Face(
        tmp_path / "data", registry_url=faulty_registry.url, hub_url="http://127.0.0.1:9", mirror_fresh="0"
    ) as face:
        assert [ask(face, MANIFEST).content for _ in range(2)] == [pushed.raw] * 2
        assert "warning" not in ask(face, MANIFEST).headers


def test_a_broken_connection_is_resumed_without_the_client_noticing(
    mirror: Face, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    faulty_registry.inject(delivery.drop_after(1_000_000), BLOBS, times=2)
    ask(mirror, MANIFEST)
    answer = ask(mirror, f"{NAME}/blobs/{pushed.layers[0]}")
    assert Digest.of(answer.content) == pushed.layers[0]


def test_a_range_of_a_growing_blob_is_what_was_asked_for(
    mirror: Face, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    gate = Gate()
    faulty_registry.inject(delivery.hold(gate, at=2_000_000), f"*/blobs/{pushed.layers[0]}")
    ask(mirror, MANIFEST)
    layer = random_layer(SIZE)
    path = f"{NAME}/blobs/{pushed.layers[0]}"
    early = ask(mirror, path, Range="bytes=500000-999999")  # while the rest is held back
    assert (early.status, early.content) == (206, layer[500_000:1_000_000])
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(ask, mirror, path, Range="bytes=2500000-")
        gate.open()
        assert late.result().content == layer[2_500_000:]
    assert faulty_registry.requests.count(BLOBS) == 1


def test_a_wrong_blob_never_completes_and_nothing_of_it_is_kept(
    mirror: Face, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    faulty_registry.inject(delivery.flipped_byte(1000), f"*/blobs/{pushed.layers[0]}")
    ask(mirror, MANIFEST)
    path = f"{NAME}/blobs/{pushed.layers[0]}"
    try:
        status = ask(mirror, path).status
    except IncompleteRead:
        status = 502  # the connection was cut; on a slow day the failure is known before the first byte is sent
    assert status == 502
    assert not mirror.services.blobs.has(pushed.layers[0])
    faulty_registry.rules.clear()

    def has_come() -> bool:
        try:  # a client may still meet the last attempt at the wrong one
            return Digest.of(ask(mirror, path).content) == pushed.layers[0]
        except IncompleteRead:
            return False

    wait_until(has_come)


def test_clients_behind_sockets_follow_a_blob_as_it_comes(
    mirror: Face, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    gate = Gate()
    faulty_registry.inject(delivery.hold(gate, at=2_000_000), f"*/blobs/{pushed.layers[0]}")
    ask(mirror, MANIFEST)
    path = f"{NAME}/blobs/{pushed.layers[0]}"

    def got(range_: str) -> Answer:
        client = Client(port)
        try:
            return client.ask("GET", path, Range=range_)
        finally:
            client.close()

    with listening(mirror) as port, ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(got, range_) for range_ in ["bytes=0-"] * 3 + ["bytes=100000-2500000"] * 3]
        gate.wait_reached()
        gate.open()
        answers = [each.result() for each in asked]
    whole = answers[0].content
    assert Digest.of(whole) == pushed.layers[0]
    assert [each.content == whole for each in answers[:3]] == [True] * 3
    assert [each.content == whole[100_000:2_500_001] for each in answers[3:]] == [True] * 3
    assert faulty_registry.requests.count(BLOBS) == 1


def test_a_blob_that_is_here_is_not_given_through_a_repository_that_lacks_it(
    mirror: Face, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    pull(mirror)
    answer = ask(mirror, f"lab/other/blobs/{pushed.layers[0]}")
    assert (answer.status, answer.code) == (404, "BLOB_UNKNOWN")


def test_the_upstream_says_that_there_is_no_such_thing(mirror: Face, faulty_registry: FaultyRegistry) -> None:
    absent = Digest.of(b"absent")
    for path, code in {
        "lab/none/manifests/1": "MANIFEST_UNKNOWN",
        f"{NAME}/manifests/{absent}": "MANIFEST_UNKNOWN",
        f"{NAME}/blobs/{absent}": "BLOB_UNKNOWN",
        "lab/none/tags/list": "NAME_UNKNOWN",
    }.items():
        for method in ("GET", "HEAD") if "tags" not in path else ("GET",):
            answer = ask(mirror, path, method)
            assert answer.status == 404, (method, path)
            if method == "GET":
                assert answer.code == code, path


def test_referrers_come_from_the_tag_where_there_is_no_api_and_stay(
    tmp_path: Path, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    push_index(_real(faulty_registry), NAME, pushed.digest.key, ["linux/amd64"])
    path = f"{NAME}/referrers/{pushed.digest}"
    with Face(tmp_path / "data", registry_url=faulty_registry.url, hub_url="http://127.0.0.1:9") as face:
        answer = ask(face, path)
        assert answer.status == 200
        rows = answer.json["manifests"]
        assert len(rows) == 1
    with Face(tmp_path / "data", **NOBODY, mirror_fresh="0") as face:
        assert ask(face, path).json["manifests"] == rows


def test_tags_are_asked_for_once_within_the_interval(
    mirror: Face, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    for _ in range(5):
        assert "1" in ask(mirror, f"{NAME}/tags/list").json["tags"]
    assert faulty_registry.requests.count(TAGS) == 1


def test_without_space_there_is_no_mirror(tmp_path: Path, faulty_registry: FaultyRegistry, pushed: Pushed) -> None:
    with Face(
        tmp_path / "data", registry_url=faulty_registry.url, hub_url="http://127.0.0.1:9", mirror_space="0"
    ) as face:
        assert ask(face, MANIFEST).code == "MANIFEST_UNKNOWN"
        assert len(faulty_registry.requests) == 0


def test_what_needs_credentials_upstream_is_not_given_to_strangers(
    tmp_path: Path, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    push_image(_real(faulty_registry), "lab/private", "1", [random_layer(700)])
    with Face(
        tmp_path / "data", registry_url=faulty_registry.url, hub_url="http://127.0.0.1:9", anonymous_pull="yes"
    ) as face:
        face.services.access.add("ada", "correct horse", Role.ADMIN)
        assert ask(face, MANIFEST).status == 200
        ask(face, "lab/private/manifests/1")
        face.services.mirror.cache.put_public("docker.io/lab/private", False)
        for path in ("lab/private/manifests/1", "lab/private/tags/list"):
            refused = ask(face, path)
            assert (refused.status, refused.code) == (401, "UNAUTHORIZED")
            assert refused.headers["www-authenticate"].startswith("Bearer ")
