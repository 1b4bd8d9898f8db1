"""Tags of which nothing is here: what they cost an upstream, whether they exist there or not."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from imagedepot.model.content.manifest import OCI_INDEX
from tests.api.face import Face
from tests.fakes import statuses
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import MANIFESTS, Fault
from tests.ground.images import Pushed, push_image, random_layer
from tests.registry.asking import ask
from tests.registry.test_mirror import MANIFEST, NAME, at_once


@pytest.fixture
def pushed(faulty_registry: FaultyRegistry) -> Pushed:
    return push_image(faulty_registry.upstream.url, NAME, "1", [random_layer(3000)])


@pytest.mark.parametrize("methods", [("GET", "GET"), ("HEAD", "GET"), ("HEAD", "HEAD"), ("GET", "HEAD")])
def test_a_client_that_asks_for_an_absent_tag_in_a_loop_costs_one_question_of_each_kind(
    mirror: Face, faulty_registry: FaultyRegistry, pushed: Pushed, methods: tuple[str, str]
) -> None:
    for method in methods * 5:
        answer = ask(mirror, f"{NAME}/manifests/absent", method)
        assert answer.status == 404
        assert method == "HEAD" or answer.code == "MANIFEST_UNKNOWN"
    asked = [each.method for each in faulty_registry.requests.matching(MANIFESTS)]
    assert asked == list(dict.fromkeys(methods) if methods[0] == "HEAD" else methods[:1])


def test_an_absent_tag_that_is_pushed_here_or_downloaded_is_there_at_once(
    mirror: Face, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    assert ask(mirror, f"{NAME}/manifests/late").status == 404
    assert ask(mirror, "team/late/manifests/1").status == 404
    late = push_image(faulty_registry.upstream.url, NAME, "late", [random_layer(900, 5)])
    assert mirror.download(f"dockerhub/docker/{NAME}/late")["status"] == "done"
    answer = ask(mirror, f"{NAME}/manifests/late")
    assert (answer.content, answer.headers.get("warning")) == (late.raw, None)
    ask(mirror, "team/late/manifests/1", "PUT", b'{"schemaVersion":2,"manifests":[]}', Content_Type=OCI_INDEX)
    assert ask(mirror, "team/late/manifests/1").status == 200


def test_an_absent_tag_is_asked_for_again_after_the_interval(
    tmp_path: Path, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    settings = {"registry_url": faulty_registry.url, "hub_url": "http://127.0.0.1:9", "mirror_fresh": "0"}
    with Face(tmp_path / "data", **settings) as face:
        assert ask(face, f"{NAME}/manifests/later").status == 404
        later = push_image(faulty_registry.upstream.url, NAME, "later", [random_layer(900, 5)])
        assert ask(face, f"{NAME}/manifests/later").content == later.raw


def test_an_upstream_that_fails_is_not_taken_for_one_without_the_tag(
    mirror: Face, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    faulty_registry.inject(statuses.status(503), MANIFESTS, times=1)
    assert ask(mirror, MANIFEST).status == 503
    assert ask(mirror, MANIFEST).content == pushed.raw


def test_heads_of_a_cold_tag_cost_one_head_and_keep_nothing(
    mirror: Face, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    answers = [*at_once(5, lambda: ask(mirror, MANIFEST, "HEAD")), ask(mirror, MANIFEST, "HEAD")]
    for answer in answers:
        assert (answer.status, answer.content) == (200, b"")
        assert answer.headers["docker-content-digest"] == str(pushed.digest)
        assert answer.headers["content-length"] == str(len(pushed.raw))
        assert answer.headers["content-type"] == pushed.media_type
        assert answer.headers["etag"] == f'"{pushed.digest}"'
    assert [each.method for each in faulty_registry.requests.matching(MANIFESTS)] == ["HEAD"]
    assert mirror.get("/mirror/images")["total_count"] == 0


def test_the_digest_of_a_head_is_known_by_its_tag_once_a_client_has_fetched_it(
    mirror: Face, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    """As containerd does it: HEAD the tag, GET the digest. Offline, the tag is there."""
    assert ask(mirror, MANIFEST, "HEAD").status == 200
    assert ask(mirror, f"{NAME}/manifests/{pushed.digest}").content == pushed.raw
    faulty_registry.stop()
    assert ask(mirror, MANIFEST).content == pushed.raw
    assert mirror.get("/mirror/images")["results"][0]["tag"] == "1"


def test_a_head_of_a_tag_that_moved_costs_one_head_and_a_pull_then_gets_what_it_names(
    tmp_path: Path, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    settings = {"registry_url": faulty_registry.url, "hub_url": "http://127.0.0.1:9"}
    with Face(tmp_path / "data", **settings) as face:
        assert ask(face, MANIFEST).content == pushed.raw
    with closing(sqlite3.connect(tmp_path / "data" / "imagedepot.db")) as database, database:
        database.execute("UPDATE mirror_tags SET checked = '2020-01-01 00:00:00'")
    moved = push_image(faulty_registry.upstream.url, NAME, "1", [random_layer(900, 6)])
    faulty_registry.requests.clear()
    with Face(tmp_path / "data", **settings) as face:
        for _ in range(3):
            assert ask(face, MANIFEST, "HEAD").headers["docker-content-digest"] == str(moved.digest)
        assert [each.method for each in faulty_registry.requests] == ["HEAD"]
        assert ask(face, MANIFEST).content == moved.raw
        assert [each.method for each in faulty_registry.requests] == ["HEAD", "GET"]


@pytest.mark.parametrize("left_out", ["Content-Length", "Content-Type", "Docker-Content-Digest"])
def test_a_head_that_says_too_little_is_followed_by_a_get(
    mirror: Face, faulty_registry: FaultyRegistry, pushed: Pushed, left_out: str
) -> None:
    faulty_registry.inject(
        Fault("short", change=lambda _, answer: answer.without_header(left_out)), MANIFESTS, method="HEAD"
    )
    answer = ask(mirror, MANIFEST, "HEAD")
    assert answer.headers["docker-content-digest"] == str(pushed.digest)
    assert answer.headers["content-length"] == str(len(pushed.raw))
