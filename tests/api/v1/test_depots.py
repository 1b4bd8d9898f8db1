"""The remote depots over HTTP: search, official images, the App Center, icons."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.conftest import NOBODY
from tests.api.face import Face
from tests.fakes import statuses
from tests.fakes.delivery import stalled
from tests.fakes.hub import FakeHub
from tests.fakes.hub_area import Area
from tests.fakes.message import Gate
from tests.fakes.web import WebServer
from tests.ground.images import push_image, random_layer

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")


@pytest.fixture
def hub(tmp_path: Path, fake_hub: FakeHub) -> Iterator[Face]:
    catalog = tmp_path / "catalog.json"
    entry = {"title": "Redis", "image": "redis", "logo": "https://icons.example/redis.png", "type": 1}
    catalog.write_text(json.dumps({"version": "2", "templates": [{**entry, "description": "Keeps keys"}]}))
    settings = {"registry_url": fake_hub.url, "hub_url": fake_hub.url, "catalogs": str(catalog)}
    with Face(tmp_path / "data", **settings) as face:
        yield face


def test_a_search_has_its_first_rows_and_counts_them(hub: Face) -> None:
    told = hub.get("/image/?from=dockerhub&filter_text=nginx")
    assert len(told["results"]) == told["total_count"] == 25
    assert {row["from"] for row in told["results"]} == {"dockerhub"}
    assert all("icon" not in row for row in told["results"])


def test_pages_of_a_search_count_all_matches_and_do_not_overlap(hub: Face) -> None:
    one = hub.get("/image/?from=dockerhub&filter_text=nginx&page=1&limit=20")
    two = hub.get("/image/?from=dockerhub&filter_text=nginx&page=2&limit=20")
    assert one["total_count"] == two["total_count"] > 40
    names = [row["name"] for row in (*one["results"], *two["results"])]
    assert len(set(names)) == 40


def test_no_query_finds_nothing_and_asks_nobody(hub: Face, fake_hub: FakeHub) -> None:
    assert hub.get("/image/?from=dockerhub")["results"] == []
    assert len(fake_hub.requests) == 0


@pytest.mark.parametrize("depot", ["dockerhub", "official"])
def test_lxc_images_are_none_of_docker_hubs(hub: Face, fake_hub: FakeHub, depot: str) -> None:
    told = hub.get(f"/image/?from={depot}&type=lxc&filter_text=redis")
    assert (told["results"], told["total_count"], told["type"]) == ([], 0, "lxc")
    assert len(fake_hub.requests) == 0


def test_official_images_are_ascending_and_dressed_by_the_catalogs(hub: Face) -> None:
    rows = hub.get("/image/?from=official")["results"]
    names = [row["name"] for row in rows]
    assert names == sorted(names)
    assert len(names) > 100
    redis = next(row for row in rows if row["name"] == "redis")
    assert (redis["title"], redis["icon"]) == ("Redis", "https://icons.example/redis.png")
    assert redis["icon_url"].startswith("/api/v1/icons/")
    plain = next(row for row in rows if row["name"] == "nginx")
    assert (plain["title"], plain["arch"], plain["is_official"]) == ("nginx", "", True)
    page = hub.get("/image/?from=official&page=2&limit=10")
    assert [row["name"] for row in page["results"]] == names[10:20]
    assert page["total_count"] == len(names)


def test_while_docker_hub_is_down_the_catalogs_rows_stand_in_and_the_answer_says_so(
    hub: Face, fake_hub: FakeHub
) -> None:
    fake_hub.inject_into(statuses.cloudflare(), list(Area))
    stale = hub.call("GET", "/image/?from=official")
    assert (stale.status, stale.headers["warning"]) == (200, '110 - "Response is stale"')
    assert [row["name"] for row in stale.json["results"]] == ["redis"]
    assert "warning" not in hub.call("GET", "/image/?from=appcenter").headers


def test_a_search_while_docker_hub_is_down_is_one_sentence(hub: Face, fake_hub: FakeHub) -> None:
    fake_hub.inject_into(statuses.cloudflare(), list(Area))
    answered = hub.call("GET", "/image/?from=dockerhub&filter_text=redis")
    assert answered.status in (502, 503)
    assert "<html" not in answered.message.lower()


def test_what_is_here_or_on_its_way_is_marked_in_every_depot(hub: Face, fake_hub: FakeHub) -> None:
    push_image(fake_hub.upstream.url, "library/redis", "latest", [random_layer(30_000)])
    marks = _marks(hub)
    assert marks == {"official": (False, False), "appcenter": (False, False), "dockerhub": (False, False)}
    gate = Gate()
    rule = fake_hub.inject_into(stalled(gate), [Area.MANIFEST])
    hub.post("/image/official/docker/redis/latest/download")
    gate.wait_reached()
    assert _marks(hub) == {"official": (False, True), "appcenter": (False, True), "dockerhub": (False, True)}
    gate.open()
    assert rule.used
    assert hub.ended()["status"] == "done"
    assert _marks(hub) == {"official": (True, False), "appcenter": (True, False), "dockerhub": (True, False)}
    assert [row["name"] for row in hub.get("/image/?from=appcenter&installed=true")["results"]] == ["redis"]
    assert hub.get("/image/?from=appcenter&installed=false")["total_count"] == 0
    local = hub.get("/image/?from=local")["results"][0]
    assert (local["description"], local["icon"]) == ("Keeps keys", "https://icons.example/redis.png")
    hub.call("DELETE", "/image/local/docker/redis")
    assert _marks(hub)["appcenter"] == (False, False)


def _marks(face: Face) -> dict[str, tuple[bool, bool]]:
    """(installed, downloading) of the row `redis` in each depot."""
    found = {}
    for depot in ("official", "appcenter", "dockerhub"):
        rows = face.get(f"/image/?from={depot}&filter_text=redis")["results"]
        row = next(each for each in rows if each["name"] == "redis")
        found[depot] = (row["installed"], row["downloading"])
    return found


def test_an_icon_is_fetched_once_and_served_by_us(tmp_path: Path, web: WebServer) -> None:
    logo = web.put("/logo.png", PNG)
    template = {"title": "Thing", "image": "lab/thing", "logo": logo, "type": 1, "description": "x"}
    catalog = web.put("/catalog.json", json.dumps([template]).encode())
    with Face(tmp_path / "data", **NOBODY, catalogs=catalog) as face:
        row = face.get("/image/?from=appcenter")["results"][0]
        assert row["icon"] == logo
        icon = face.call("GET", row["icon_url"].removeprefix("/api/v1"))
        assert (icon.status, icon.content, icon.headers["content-type"]) == (200, PNG, "image/png")
        assert "default-src 'none'" in icon.headers["content-security-policy"]
        face.call("GET", row["icon_url"].removeprefix("/api/v1"))
        assert web.requests.count("/logo.png") == 1
        assert face.call("GET", "/icons/0123456789abcdef").status == 404
        assert face.call("GET", "/icons/..%2F..%2Fetc%2Fpasswd").status == 404


def test_catalogs_are_listed_added_refreshed_and_removed(tmp_path: Path, web: WebServer) -> None:
    catalog = web.put("/catalog.json", json.dumps([{"title": "Thing", "image": "lab/thing", "type": 1}]).encode())
    empty = tmp_path / "empty.json"
    empty.write_text("[]")
    with Face(tmp_path / "data", **NOBODY, insecure_registries=web.url.removeprefix("http://")) as face:
        assert [row["address"] for row in face.get("/catalogs")] == ["builtin"]
        added = face.post("/catalogs", {"address": catalog})
        assert [(row["address"], row["rows"], row["error"]) for row in added[1:]] == [(catalog, 1, None)]
        assert face.call("POST", "/catalogs", {"address": catalog}).status == 409
        assert face.call("POST", "/catalogs", {"address": "ftp://x"}).status == 400
        assert face.call("POST", "/catalogs", {}).message == "address is missing"
        assert face.call("POST", "/catalogs", {"address": f"{web.url}/nothing.json"}).status >= 400
        web.put("/catalog.json", json.dumps([{"title": t, "image": t, "type": 1} for t in ("a", "b")]).encode())
        assert face.post("/catalogs/refresh")[1]["rows"] == 2
        gone = face.call("DELETE", f"/catalogs?address={catalog}")
        assert [row["address"] for row in gone.json] == ["builtin"]
        assert face.call("DELETE", f"/catalogs?address={catalog}").status == 404
        assert face.call("DELETE", "/catalogs").message == "address is missing in the query"


def test_an_lxc_name_that_no_catalog_has_is_refused_at_once(tmp_path: Path) -> None:
    with Face(tmp_path / "data", **NOBODY) as face:
        answered = face.call("POST", "/image/appcenter/lxc/no/such-image/latest/download")
        assert answered.status == 404
        assert "no/such-image" in answered.message
        assert face.get("/downloads") == []


def test_the_app_center_comes_in_the_order_of_its_catalogs_when_asked_for_it(tmp_path: Path, web: WebServer) -> None:
    rows = [("Zebra", "z/zebra"), ("Ape", "a/ape"), ("Mole", "m/mole")]
    templates = [{"title": title, "image": name, "type": 1} for title, name in rows]
    with Face(tmp_path, **NOBODY, catalogs=web.put("/catalog.json", json.dumps(templates).encode())) as face:

        def found(query: str) -> list[str]:
            return [row["title"] for row in face.get(f"/image/?from=appcenter&{query}")["results"]]

        assert found("") == ["Ape", "Mole", "Zebra"], "the recorded order: by name"
        assert found("order=catalog") == ["Zebra", "Ape", "Mole"]
        assert found("order=catalog&limit=1&page=2") == ["Ape"]
        assert found("order=catalog&filter_text=z") == ["Zebra"]


def test_a_search_by_relevance_has_the_best_title_first_and_forgives_a_typo(tmp_path: Path, web: WebServer) -> None:
    rows = [("Jellyseerr", "a/jellyseerr", "Asks Jellyfin for films"), ("Jellyfin", "b/jellyfin", "Streams")]
    templates = [{"title": title, "image": name, "type": 1, "description": text} for title, name, text in rows]
    with Face(tmp_path, **NOBODY, catalogs=web.put("/catalog.json", json.dumps(templates).encode())) as face:

        def found(query: str) -> list[str]:
            return [row["title"] for row in face.get(f"/image/?from=appcenter&{query}")["results"]]

        assert found("filter_text=jellyfin") == ["Jellyseerr", "Jellyfin"], "the recorded order: by name"
        assert found("filter_text=jellyfin&order=name") == ["Jellyseerr", "Jellyfin"]
        assert found("filter_text=jellyfin&order=relevance") == ["Jellyfin", "Jellyseerr"]
        assert found("filter_text=jellyfn") == []
        assert found("filter_text=jellyfn&order=relevance") == ["Jellyfin"]
        assert found("filter_text=jelly&order=relevance&limit=1&page=2") == ["Jellyseerr"]
        assert found("filter_text=&order=relevance") == ["Jellyseerr", "Jellyfin"]
        assert face.call("GET", "/image/?from=appcenter&order=size").status == 400
