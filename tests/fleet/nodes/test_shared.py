"""What is changed at one node holds at every other one, at once for who asks it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from imagedepot.content.index.oci_layout import Layout
from imagedepot.errors import InvalidSetting
from tests.api.face import Face
from tests.contracts.index import entry
from tests.ground.postgres import Cluster
from tests.ground.waiting import wait_until
from tests.registry.asking import ask
from tests.registry.test_push import image, put

PASSWORD = "correct horse battery staple"


def logged_in(face: Face, username: str, password: str = PASSWORD) -> str:
    body = {"username": username, "password": password}
    answer = face.call("POST", "/login", body, {"Content-Type": "application/json"})
    assert answer.status == 200, answer.content
    return answer.headers["set-cookie"].partition(";")[0]


def test_users_sessions_and_tokens_hold_and_end_on_every_node(face: Callable[..., Face]) -> None:
    one, other = face(), face()
    one.post("/users", {"username": "ada", "password": PASSWORD, "role": "administrator"})
    assert other.call("GET", "/users").status == 401, "there is a user now"
    one.cookie = logged_in(one, "ada")
    other.cookie = one.cookie
    assert [row["username"] for row in other.get("/users")] == ["ada"]

    other.post("/users", {"username": "bob", "password": PASSWORD, "role": "member"})
    bob = logged_in(one, "bob")
    token = other.post("/tokens", {"name": "ci", "username": "ada", "scopes": ["read"]})
    bearer = {"Authorization": f"Bearer {token['token']}", "Cookie": ""}
    assert one.call("GET", "/image/?from=local", headers=bearer).status == 200
    assert other.call("DELETE", f"/tokens/{token['id']}").status == 200
    assert one.call("GET", "/image/?from=local", headers=bearer).status == 401

    assert other.call("GET", "/downloads", headers={"Cookie": bob}).status == 200
    assert one.call("DELETE", "/users/bob").status == 200
    assert other.call("GET", "/downloads", headers={"Cookie": bob}).status == 401
    assert other.call("PUT", "/logout").status == 200
    assert one.call("GET", "/users").status == 401, "the session ended at another node"


def test_settings_catalogs_rules_and_channels_are_those_of_the_fleet(face: Callable[..., Face], tmp_path: Path) -> None:
    one, other = face(), face()
    assert one.call("PUT", "/settings/IMAGEDEPOT_BANDWIDTH", {"value": "20MB/s"}).status == 200
    shown = {row["name"]: row["value"] for row in other.get("/settings")}
    assert shown["IMAGEDEPOT_BANDWIDTH"] == "20MB/s"
    assert other.services.throttle.rate is not None
    assert other.call("DELETE", "/settings/IMAGEDEPOT_BANDWIDTH").status == 200
    one.get("/settings")
    assert one.services.throttle.rate is None

    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps({"version": "2", "templates": []}))
    before = len(other.get("/catalogs"))
    one.post("/catalogs", {"address": str(catalog)})
    assert len(other.get("/catalogs")) == before + 1


def test_a_push_to_one_node_is_pulled_listed_and_removed_at_another(face: Callable[..., Face]) -> None:
    one, other = face(), face()
    pushed = image(one)
    assert put(other, "1", pushed).status == 201, "its blobs were sent to another node"
    assert ask(one, "team/app/manifests/1").json == pushed
    assert [row["name"] for row in one.get("/image/?from=local")["results"]] == ["depot.internal/team/app"]
    assert one.call("DELETE", "/image/local/docker/depot.internal/team/app:1").status == 200
    assert ask(other, "team/app/manifests/1").status == 404
    assert other.get("/image/?from=local")["results"] == []


def test_a_node_learns_of_changes_without_being_asked(face: Callable[..., Face]) -> None:
    one, other = face(), face()
    with other.services.feed.listen(lambda: None) as slot:
        put(one, "1", image(one))
        wait_until(lambda: slot.take().images)


def test_a_folder_with_images_of_its_own_joins_no_fleet(face: Callable[..., Face], tmp_path: Path) -> None:
    Layout(tmp_path / "node-0/content")
    with pytest.raises(InvalidSetting, match="has images of its own"):
        face()


def test_a_folder_that_was_alone_becomes_the_first_node(
    face: Callable[..., Face], shared: dict[str, str], tmp_path: Path
) -> None:
    first = tmp_path / "node-0"
    alone = {key: value for key, value in shared.items() if key != "blobs"}
    with Face(first, **alone):
        Layout(first / "content").put(entry(1))
    other = Face(tmp_path / "other", **shared)
    with pytest.raises(InvalidSetting, match="has the rows of another data folder"):
        other.__enter__()
    one, two = face(), face()
    for each in (one, two):
        assert list(each.services.stores.embedded_oci.entries) == [entry(1).name]


def test_a_bucket_of_others_is_refused(face: Callable[..., Face], cluster: Cluster) -> None:
    face()
    with pytest.raises(InvalidSetting, match="holds the blobs of others"):
        face(database=cluster.over_network(cluster.make_database()))
