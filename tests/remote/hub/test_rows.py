"""Rows of Docker Hub, hostile and odd ones."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from imagedepot.errors import InvalidAnswer
from imagedepot.remote.hub.rows import HubImage, listed_reader, read_rows, read_v1, read_v2, v4_reader
from tests.fakes.hub_faults_rows import BAD_NAMES

BASE = "http://127.0.0.1:5080"


def v4(**more: Any) -> HubImage | None:
    row = {"name": "a/b", "id": "a/b", "slug": "a/b", "type": "image", **more}
    found = read_rows([{"name": "keep/it"}, row], v4_reader(BASE), "the search")
    return next((image for image in found if image.name != "keep/it"), None)


def listed(**more: Any) -> list[str]:
    rows = [{"name": "kept"}, {"name": "seen", "namespace": "library", **more}]
    return [image.name for image in read_rows(rows, listed_reader("library"), "the list")]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_is_no_repository_of_docker_hub_is_left_out(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert v4(name=name, id=name, slug=name) is None
    assert "1 of 2 rows of the search are unusable" in caplog.text
    for reader, key in ((read_v1, "name"), (read_v2, "repo_name")):
        good: dict[str, Any] = {"name": "x/y", "repo_name": "x/y"}
        assert [image.name for image in read_rows([good, {key: name}], reader, "the search")] == ["x/y"]
    assert listed(name=name) == ["kept"]


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ({"name": "nginx", "slug": "nginx", "id": "nginx"}, "nginx"),
        ({"name": "library/nginx", "slug": "", "id": None}, "nginx"),
        ({"name": "Redis Stack", "slug": "redis/redis-stack", "id": "x y"}, "redis/redis-stack"),
        ({"name": "bitnami/nginx", "slug": 7, "id": []}, "bitnami/nginx"),
    ],
)
def test_a_name_is_taken_from_where_it_is_one(names: dict[str, Any], shown: str) -> None:
    found = v4(**names)
    assert found is not None
    assert (found.name, found.is_official) == (shown, "/" not in shown)


@pytest.mark.parametrize("more", [{"type": "plugin"}, {"type": "dhi"}, {"type": None}, {"archived": True}])
def test_what_cannot_be_pulled_is_hidden(more: dict[str, Any]) -> None:
    assert v4(**more) is None


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({}, True),
        ({"repository_type": None}, True),
        ({"repository_type": "image", "content_types": ["image", "helm"]}, True),
        ({"content_types": []}, True),
        ({"repository_type": "plugin"}, False),
        ({"content_types": ["helm"]}, False),
        ({"is_private": True}, False),
        ({"status_description": "inactive"}, False),
        ({"archived": True}, False),
        ({"namespace": "evil"}, False),
        ({"name": "a/b"}, False),
    ],
)
def test_a_list_shows_public_images_of_its_namespace(more: dict[str, Any], shown: bool) -> None:
    assert listed(**more) == (["kept", "seen"] if shown else ["kept"])


@pytest.mark.parametrize(
    ("logo", "icon"),
    [
        ({"large": "https://x.example/l.png", "small": "https://x.example/s.png"}, "https://x.example/l.png"),
        ({"large": None, "small": "https://x.example/s.png"}, "https://x.example/s.png"),
        ({"large": "http://127.0.0.1:5080/l.png"}, "http://127.0.0.1:5080/l.png"),
        ({"large": "http://x.example/l.png"}, ""),
        ({"large": "http://169.254.169.254/"}, ""),
        ({"large": "javascript:alert(1)"}, ""),
        ({"large": "https://me:word@x.example/"}, ""),
        ({"large": "https://x.example/" + "x" * 3000}, ""),
        ({"large": 5}, ""),
        (5, ""),
        (None, ""),
    ],
)
def test_a_logo_is_an_address_that_may_be_asked(logo: object, icon: str) -> None:
    found = v4(logo_url=logo)
    assert found is not None
    assert found.icon == icon


def test_figures_that_are_none_are_nought_or_unknown() -> None:
    found = v4(star_count="many", raw_pull_count=10**40, pull_count="1B+")
    assert found is not None
    assert (found.stars, found.pulls) == (0, None)


@pytest.mark.parametrize(
    ("badge", "trusted"), [("verified_publisher", True), ("official", False), ("golden", False), (None, False)]
)
def test_trusted_is_a_verified_publisher(badge: object, trusted: bool) -> None:
    found = v4(badge=badge)
    assert found is not None
    assert found.is_trusted is trusted


def test_the_legacy_index_tells_in_its_own_words() -> None:
    row = {"name": "a/b", "description": "Two  ", "star_count": 8, "is_trusted": True}
    assert read_rows([row], read_v1, "x") == [HubImage("a/b", "Two  ", is_trusted=True, stars=8)]


@pytest.mark.parametrize("rows", [None, {}, "x", 7, [None], [7, "x"], [{}]])
def test_rows_of_which_nothing_can_be_made_are_no_answer(rows: object) -> None:
    with pytest.raises(InvalidAnswer, match="something else than the search"):
        read_rows(rows, read_v2, "the search")


def test_no_rows_are_no_rows() -> None:
    assert read_rows([], read_v2, "the search") == []


def test_the_same_image_twice_is_one() -> None:
    assert len(read_rows([{"repo_name": "a/b"}, {"repo_name": "a/b"}], read_v2, "the search")) == 1
