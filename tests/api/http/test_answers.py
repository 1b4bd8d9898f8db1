from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from imagedepot.api.http.answers import encoded, failed
from imagedepot.errors import RateLimited, TimedOut, TooManyLogins, Unavailable
from imagedepot.model.access.role import Role
from tests.api.conftest import NOBODY, PASSWORD
from tests.api.face import Face


@pytest.mark.parametrize("value", [10**30, "half \ud800", [[[1]]] * 3, {"a": None}])
def test_any_value_of_an_image_can_be_encoded(value: object) -> None:
    assert json.loads(encoded(value)) == value


@pytest.mark.parametrize("more", ["", "half \ud800"])
def test_no_answer_holds_a_number_that_is_no_json(more: str) -> None:
    answered = encoded({"a": float("nan"), "b": [float("inf"), -float("inf")], "c": more})
    assert json.loads(answered, parse_constant=pytest.fail) == {"a": None, "b": [None, None], "c": more}


def test_a_failure_says_when_to_come_again() -> None:
    until = datetime.now(UTC) + timedelta(seconds=90)
    told = {
        error: failed(error).headers.get("retry-after")
        for error in (TooManyLogins(7), Unavailable("x", 2.5), Unavailable("x"), TimedOut("x"), RateLimited("x", until))
    }
    assert list(told.values()) == ["7", "3", None, None, "90"]


def test_no_answer_may_be_sniffed_kept_or_read_by_another_page(face: Face) -> None:
    for path in ("/image", "/image/downloadstatus", "/nowhere", "/docs", "/openapi.json"):
        headers = face.call("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers


def test_under_https_the_cookie_is_for_https_alone(changing: Face) -> None:
    told = {"username": "ada", "password": PASSWORD}
    secure = changing.call("POST", "/login", told, {"X-Forwarded-Proto": "https"})  # as a proxy on this host says it
    assert "secure" in {part.strip().lower() for part in secure.headers["set-cookie"].split(";")}


def test_the_cookie_goes_no_further_than_the_prefix(tmp_path: Path) -> None:
    with Face(tmp_path / "data", **NOBODY, root_path="/depot") as face:
        face.services.access.add("ada", PASSWORD, Role.ADMIN)
        assert "path=/depot;" in face.log_in("ada", PASSWORD).headers["set-cookie"].lower()
        assert face.call("GET", "/image").status == 200


def test_an_engine_that_is_away_silences_its_own_type_alone(tmp_path: Path) -> None:
    with Face(tmp_path / "data", **NOBODY, docker=f"unix://{tmp_path}/nobody.sock") as face:
        away = face.call("GET", "/image/?type=docker")
        assert away.status == 503
        assert "nobody.sock" in away.message
        assert face.get("/image/?type=lxc")["results"] == []
        both = face.call("GET", "/image")
        assert both.status == 200
        assert both.headers["warning"].startswith('199 - "')
        assert "nobody.sock" in both.headers["warning"]
        assert face.call("GET", "/image/docker/redis/7/inspect").status == 503
        assert face.call("DELETE", "/image/local/docker/redis").status == 503
        store = face.get("/system")["stores"][0]
        assert (store["available"], "nobody.sock" in store["address"]) == (False, True)
        assert face.get("/image/downloadstatus") == []
        assert face.get("/image/?from=appcenter&filter_text=jellyfin")["total_count"] > 0
