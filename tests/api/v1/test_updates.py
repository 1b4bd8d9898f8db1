"""Updates over the REST API, before a real registry."""

from __future__ import annotations

import time
from typing import Any

from imagedepot.model.following.updates import UpdateRule
from imagedepot.service.updates.plan import ImageUpdate
from imagedepot.wire.v1.images.image import Update
from tests.api.face import Face
from tests.fakes.registry import FaultyRegistry
from tests.ground.images import push_image, random_layer
from tests.service.updates.house import far_image


def checked(lab: Face) -> dict[str, Any]:
    """What is known when all that were asked for have been asked about."""
    limit = time.monotonic() + 60
    while (answer := lab.get("/updates"))["waiting"]:
        assert time.monotonic() < limit, answer
        time.sleep(0.01)
    return dict(answer)


def test_all_images_are_in_one_answer(lab: Face, faulty_registry: FaultyRegistry) -> None:
    url = faulty_registry.upstream.url
    for name in ("lab/one", "lab/two"):
        push_image(url, name, "1", [random_layer(3000)])
        lab.download(f"dockerhub/docker/{name}/1")
    unknown = lab.get("/updates")
    assert [(row["name"], row["update"], row["error"]) for row in unknown["results"]] == [
        ("lab/one", None, "lab/one:1 has not been checked yet"),
        ("lab/two", None, "lab/two:1 has not been checked yet"),
    ]
    assert (unknown["checked"], unknown["available"], unknown["total_count"]) == (None, 0, 2)
    push_image(url, "lab/two", "1", [random_layer(900)])
    faulty_registry.requests.clear()
    assert lab.post("/updates/check") == {"asked": 2}
    one, two = (known := checked(lab))["results"]
    assert (one["update"], one["upstream"], one["rule"], one["action"]) == (False, one["digest"], "*", "notify")
    assert two["update"] is True
    assert two["upstream"] != two["digest"]
    assert (known["available"], known["checked"]) == (1, min(one["checked"], two["checked"]))
    assert faulty_registry.requests.count("*/manifests/*", "HEAD") == 2
    assert faulty_registry.requests.count("*/manifests/*", "GET") == 0, "a GET would count as a pull"
    assert lab.post("/updates/check") == {"asked": 0}, "both have been asked a moment ago"


def test_all_updates_come_with_one_call(lab: Face, faulty_registry: FaultyRegistry) -> None:
    url = faulty_registry.upstream.url
    for name in ("lab/one", "lab/two"):
        push_image(url, name, "1", [random_layer(3000)])
        lab.download(f"dockerhub/docker/{name}/1", {"description": "What it is"})
    push_image(url, "lab/two", "1", [random_layer(900)])
    lab.post("/updates/check")
    upstream = checked(lab)["results"][1]["upstream"]
    started = lab.post("/updates/download")["downloads"]
    assert [lab.ended()["id"]] == started
    two = lab.get("/updates")["results"][1]
    assert (two["digest"], two["update"]) == (upstream, False)
    assert lab.get("/image/")["results"][1]["description"] == "What it is", "what is known of the image stays"


def test_named_images_alone_are_asked_about_and_updated(lab: Face, faulty_registry: FaultyRegistry) -> None:
    push_image(faulty_registry.upstream.url, "lab/one", "1", [random_layer(3000)])
    lab.download("dockerhub/docker/lab/one/1")
    wanted = {"images": [{"type": "docker", "name": "docker.io/lab/one", "tag": "1"}]}
    assert lab.post("/updates/check", wanted) == {"asked": 1}
    checked(lab)
    lab.post("/updates/download", wanted)
    assert lab.ended()["status"] == "done"
    absent = lab.call("POST", "/updates/check", {"images": [{"name": "lab/absent"}]})
    assert (absent.status, absent.message) == (404, "Image not found: lab/absent:latest")


def test_rules_are_set_listed_tried_and_removed(face: Face) -> None:
    usual = {
        "pattern": "*",
        "action": "notify",
        "keep": 0,
        "versions": "",
        "min_age": "",
        "window": "",
        "every": "1d",
        "is_set": False,
    }
    assert face.get("/updates/rules") == {"results": [usual]}
    wish = {"action": "download", "keep": 2, "versions": "^7.2", "min_age": "36h", "window": "02:00-05:00"}
    put = face.call("PUT", "/updates/rules/lscr.io%2Flinuxserver/*", {**wish, "every": "12h"}).json
    assert put == {**usual, **wish, "pattern": "lscr.io/linuxserver/*", "every": "12h", "is_set": True}
    assert face.get("/updates/rules")["results"] == [put, usual]
    assert face.post("/updates/preview") == {"results": []}
    assert face.post("/updates/preview", {"pattern": "redis:7", "action": "off"}) == {"results": []}
    for body, sentence in [
        ({"action": "explode"}, "The body is not what is expected here: Invalid enum value 'explode' - at `$.action`"),
        ({"every": "often"}, "The interval: 'often' is not a length of time such as 30m, 6h, 1d or 2w"),
        ({"versions": "7.2"}, "'7.2' is not a range of versions: write ^7.2, ~10.10, 7.x or >=1.4 <2"),
    ]:
        refused = face.call("PUT", "/updates/rules/redis", body)
        assert (refused.status, refused.message) == (400, sentence)
    assert face.call("DELETE", "/updates/rules/lscr.io/linuxserver/*").json == {}
    gone = face.call("DELETE", "/updates/rules/redis:7")
    assert (gone.status, gone.message) == (404, "No rule for updates has the pattern 'redis:7'")
    assert face.get("/updates/rules") == {"results": [usual]}


def test_a_version_before_stays_where_a_rule_keeps_it(lab: Face, faulty_registry: FaultyRegistry) -> None:
    url = faulty_registry.upstream.url
    push_image(url, "lab/one", "1", [random_layer(3000)])
    lab.download("dockerhub/docker/lab/one/1")
    before = lab.get("/updates")["results"][0]["digest"]
    lab.call("PUT", "/updates/rules/lab/*", {"action": "download", "keep": 1, "window": "00:00-00:01"})
    push_image(url, "lab/one", "1", [random_layer(900)])
    lab.post("/updates/check")
    checked(lab)
    faulty_registry.requests.clear()
    lab.post("/updates/download")
    assert lab.ended()["status"] == "done"
    assert lab.get("/image/")["results"][0]["tags"] == ["1", before]
    assert faulty_registry.requests.count(f"*/manifests/{before}") == 0, "all of it was here"
    assert lab.get(f"/image/docker/lab/one/{before}/inspect")["RepoDigests"] == [f"lab/one@{before}"]


def test_what_the_upstream_has_is_null_until_it_is_known_and_as_here_for_what_is_not_followed() -> None:
    image = far_image(1)
    unknown = Update.of(ImageUpdate(image, UpdateRule("*"), None, None, "It has not been checked yet"))
    settled = Update.of(ImageUpdate(image, UpdateRule("*"), None, False, ""))
    assert (unknown.upstream, settled.upstream) == (None, str(image.digest))
