"""The fake of hub.docker.com answers in the shapes that upstreams.md 1.1 to 1.3 records."""

from __future__ import annotations

import json

from tests.fakes.asking import Got, ask
from tests.fakes.hub import FakeHub
from tests.fakes.hub_data import community, official
from tests.fakes.hub_limits import ApiLimit
from tests.ground.images import push_image, push_index, random_layer

LIST = "/v2/namespaces/library/repositories"


def get(hub: FakeHub, path: str, **headers: str) -> Got:
    return ask(hub.url + path, **headers)


def test_search_v4_has_logos_architectures_and_two_kinds_of_figures(fake_hub: FakeHub) -> None:
    fake_hub.add(official("redis", "Key and value", pulls=4_200_000_000, stars=9, logo="https://logo.example/r.png"))
    body = get(fake_hub, "/api/search/v4?query=redis&from=0&size=2").json
    assert set(body) == {"total", "results"}
    row = body["results"][0]
    assert (row["id"], row["name"], row["slug"], row["badge"], row["type"]) == (
        "redis",
        "redis",
        "redis",
        "official",
        "image",
    )
    assert (row["pull_count"], row["raw_pull_count"], row["star_count"]) == ("1B+", 4_200_000_000, 9)
    assert row["logo_url"] == {"large": "https://logo.example/r.png", "small": "https://logo.example/r.png"}
    assert {"name": "arm64", "label": "ARM64"} in row["architectures"]
    assert len(body["results"]) == 2 < body["total"]


def test_search_v4_filters_and_bounds(fake_hub: FakeHub) -> None:
    only = get(fake_hub, "/api/search/v4?query=nginx&badges=official&type=image&size=100").json
    assert [row["name"] for row in only["results"]] == ["nginx"]
    fake_hub.add(community("acme/nginx-plugin", kind="plugin"))
    kinds = {row["type"] for row in get(fake_hub, "/api/search/v4?query=nginx&size=100").json["results"]}
    assert kinds == {"image", "plugin"}
    for wrong in ("size=101", "from=2450&size=100", "from=-1", "size=x", "sort=luck"):
        refused = get(fake_hub, f"/api/search/v4?query=nginx&{wrong}")
        assert (refused.status, set(refused.json)) == (400, {"message", "errinfo"}), wrong


def test_search_v2_begins_with_an_empty_previous(fake_hub: FakeHub) -> None:
    first = get(fake_hub, "/v2/search/repositories/?query=nginx&page=1&page_size=50").json
    assert (first["previous"], len(first["results"])) == ("", 50)
    assert set(first["results"][0]) == {
        "repo_name",
        "short_description",
        "star_count",
        "pull_count",
        "repo_owner",
        "is_automated",
        "is_official",
    }
    second = ask(first["next"]).json
    assert second["next"] is None
    assert second["previous"].startswith(fake_hub.url)
    assert len(second["results"]) == first["count"] - 50


def test_the_legacy_index_has_its_own_words_and_bounds(fake_hub: FakeHub) -> None:
    body = get(fake_hub, "/v1/search?q=jellyfin&n=1").json
    assert (body["num_results"], body["num_pages"], body["page"], body["page_size"], body["query"]) == (
        2,
        2,
        1,
        1,
        "jellyfin",
    )
    assert set(body["results"][0]) == {"name", "description", "is_official", "is_automated", "is_trusted", "star_count"}
    refused = get(fake_hub, "/v1/search?q=jellyfin&n=500")
    assert (refused.status, refused.body) == (400, b"Limit 500 is outside the range of [1, 100]")
    assert get(fake_hub, "/v1/repositories/redis/tags").status == 410


def test_the_official_images_are_two_pages_and_a_404(fake_hub: FakeHub) -> None:
    first = get(fake_hub, f"{LIST}?page_size=100").json
    second = ask(first["next"]).json
    assert (first["previous"], len(first["results"]), second["next"]) == (None, 100, None)
    assert 170 <= first["count"] == 100 + len(second["results"]) <= 200
    assert get(fake_hub, f"{LIST}?page=3&page_size=100").status == 404
    assert len(get(fake_hub, "/v2/repositories/library/?page_size=500").json["results"]) == 100
    assert len(get(fake_hub, LIST).json["results"]) == 10


def test_a_list_is_ordered_and_filtered(fake_hub: FakeHub) -> None:
    rows = get(fake_hub, f"{LIST}?ordering=-name&name=redis").json["results"]
    assert [row["name"] for row in rows] == ["redis"]
    names = [row["name"] for row in get(fake_hub, f"{LIST}?ordering=-name&page_size=100").json["results"]]
    assert names == sorted(names, reverse=True)
    refused = get(fake_hub, f"{LIST}?ordering=luck")
    assert (refused.status, set(refused.json)) == (400, {"fields", "text"})


def test_details_have_a_long_text_and_no_logo(fake_hub: FakeHub) -> None:
    for path in (f"{LIST}/redis", "/v2/repositories/library/redis/"):
        body = get(fake_hub, path).json
        assert body["full_description"].startswith("# redis")
        assert "logo_url" not in body
    absent = get(fake_hub, f"{LIST}/no-such-thing")
    assert (absent.status, absent.json["message"]) == (404, "object not found")


def test_tags_are_those_of_the_registry(fake_hub: FakeHub) -> None:
    index = push_index(fake_hub.upstream.url, "library/multi", "1", ["linux/amd64", "linux/arm64"])
    image = push_image(fake_hub.upstream.url, "library/multi", "single", [random_layer(3000)])
    rows = get(fake_hub, f"{LIST}/multi/tags?page_size=100").json["results"]
    assert [row["name"] for row in rows] == ["1", "single"]
    assert [row["digest"] for row in rows] == [str(index.digest), str(image.digest)]
    assert [i["architecture"] for i in rows[0]["images"]] == ["amd64", "arm64"]
    assert rows[1]["full_size"] == rows[1]["images"][0]["size"] > 3000
    one = get(fake_hub, f"{LIST}/multi/tags/single").json
    assert one == rows[1]
    assert get(fake_hub, f"{LIST}/multi/tags/none").status == 404
    assert ask(f"{fake_hub.url}{LIST}/multi/tags/single", "HEAD").status == 200


def test_a_repository_that_the_registry_lacks_has_made_up_tags(fake_hub: FakeHub) -> None:
    fake_hub.add(community("acme/thing", tags=("1", "2"), architectures=("arm", "amd64")))
    rows = get(fake_hub, "/v2/repositories/acme/thing/tags/?page_size=100").json["results"]
    assert [row["name"] for row in rows] == ["1", "2"]
    platforms = [(i["os"], i["architecture"], i["variant"]) for i in rows[0]["images"]]
    assert platforms == [("linux", "arm", "v7"), ("linux", "amd64", None), ("unknown", "unknown", None)]


def test_every_answer_tells_the_limit_and_429_tells_when(fake_hub: FakeHub) -> None:
    fake_hub.api_limit = ApiLimit(2, clock=lambda: 1_000_000.0)
    left = [get(fake_hub, LIST).headers["X-RateLimit-Remaining"] for _ in range(2)]
    over = get(fake_hub, LIST)
    assert (left, over.status) == (["1", "0"], 429)
    assert over.json == {"detail": "Rate limit exceeded", "error": False}
    assert over.headers["X-Retry-After"] == over.headers["X-RateLimit-Reset"] == "1000060"


def login(hub: FakeHub, secret: str) -> Got:
    return ask(f"{hub.url}/v2/auth/token", "POST", {"identifier": "ada", "secret": secret})


def test_a_login_lives_ten_minutes_and_a_stale_one_spoils_a_search(fake_hub: FakeHub) -> None:
    fake_hub.accounts["ada"] = "lovelace"
    fake_hub.add(community("ada/secret", private=True, owner="ada"))
    wrong = login(fake_hub, "babbage")
    assert (wrong.status, wrong.json) == (401, {"detail": "Incorrect authentication credentials"})
    bearer = "Bearer " + login(fake_hub, "lovelace").json["access_token"]
    assert get(fake_hub, "/v2/namespaces/ada/repositories/secret").status == 404
    assert get(fake_hub, "/v2/namespaces/ada/repositories/secret", Authorization=bearer).status == 200
    fake_hub.login.expire_all()
    assert get(fake_hub, "/api/search/v4?query=redis", Authorization=bearer).status == 401
    assert get(fake_hub, "/api/search/v4?query=redis").status == 200


def test_the_old_login_and_the_second_factor(fake_hub: FakeHub) -> None:
    fake_hub.accounts["ada"] = "lovelace"
    got = ask(f"{fake_hub.url}/v2/users/login", "POST", {"username": "ada", "password": "lovelace"})
    assert set(got.json) == {"token", "refresh_token"}
    fake_hub.login.two_factor.add("ada")
    assert (login(fake_hub, "lovelace").status, "login_2fa_token" in login(fake_hub, "lovelace").json) == (401, True)


def test_logos_are_pictures_of_the_fake_itself(fake_hub: FakeHub) -> None:
    address = get(fake_hub, "/api/search/v4?query=redis&size=1").json["results"][0]["logo_url"]["large"]
    assert address.startswith(fake_hub.url)
    assert ask(address).body.startswith(b"\x89PNG\r\n")


def test_a_private_repository_is_in_no_search(fake_hub: FakeHub) -> None:
    fake_hub.add(community("ada/redis-secret", private=True, owner="ada"))
    for path in ("/api/search/v4?query=redis-secret", "/v1/search?q=redis-secret"):
        assert json.loads(get(fake_hub, path).body)["results"] == []
