from __future__ import annotations

from typing import get_args

import pytest

from imagedepot.cli import names
from imagedepot.cli.options import DepotName
from imagedepot.errors import InvalidReference
from imagedepot.model.depot import BUILT_IN
from imagedepot.model.image import ImageType

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "name", "tag"),
    [
        ("redis", "redis", "latest"),
        ("docker.io/library/redis:7", "redis", "7"),
        ("registry.lan:5000/a/b", "registry.lan:5000/a/b", "latest"),
        (f"redis@{DIGEST}", "redis", DIGEST),
        (f"redis:7@{DIGEST}", "redis", DIGEST),
    ],
)
def test_docker_names_are_split_as_docker_does(text: str, name: str, tag: str) -> None:
    assert names.split(ImageType.DOCKER, text) == (name, tag)


def test_lxc_names_have_no_tag() -> None:
    assert names.split(ImageType.LXC, "debian/bookworm") == ("debian/bookworm", "latest")


@pytest.mark.parametrize("text", ["", "../../etc", "a b", "redis:", f"redis@{DIGEST}0"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidReference):
        names.split(ImageType.DOCKER, text)


def test_a_name_alone_means_every_tag() -> None:
    assert names.without_default(ImageType.DOCKER, "library/redis") == "redis"
    assert names.without_default(ImageType.DOCKER, "redis:latest") == "redis:latest"
    assert names.without_default(ImageType.DOCKER, "registry.lan:5000/a") == "registry.lan:5000/a"


def test_the_depots_of_the_command_line_are_those_of_every_service() -> None:
    assert get_args(DepotName) == tuple(BUILT_IN)


@pytest.mark.parametrize(
    ("words", "images"),
    [
        (["docker", "pull", "redis:7"], ["redis:7"]),
        (["podman", "pull", "a/b", "c/d"], ["a/b", "c/d"]),
        (["docker", "redis"], ["docker", "redis"]),
        (["docker", "pull"], ["docker", "pull"]),
    ],
)
def test_a_line_for_another_tool_may_be_pasted_behind_ours(words: list[str], images: list[str]) -> None:
    assert names.without_command(words) == images


def test_a_pasted_page_is_the_image_that_it_shows() -> None:
    page = "https://hub.docker.com/r/linuxserver/jellyfin"
    assert names.split(ImageType.DOCKER, page) == ("linuxserver/jellyfin", "latest")
    assert names.without_default(ImageType.DOCKER, page) == "linuxserver/jellyfin"
