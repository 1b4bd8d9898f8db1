"""`imagedepot list --filter`"""

from __future__ import annotations

from typing import Any

import pytest

from imagedepot.cli.commands.images.filters import filtered
from imagedepot.errors import InvalidInput
from tests.cli.command import Command
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry

DIGEST = "sha256:" + "0" * 64


def docker(name: str, **made: str | None) -> dict[str, Any]:
    """A row with these tags, made on these days."""
    tags = {tag.replace("_", "."): day for tag, day in made.items()}
    count = len(tags)
    return {
        "name": name,
        "type": "docker",
        "tags": list(tags),
        "size": [*range(count)],
        "digests": [""] * count,
        "platforms": [""] * count,
        "installed_at": [""] * count,
        "is_latest": ["latest"] if "latest" in tags else [],
        "created": [day and f"2026-01-{day}T00:00:00Z" for day in tags.values()],
    }


ROWS = [
    {"name": "debian/bookworm", "type": "lxc", "tags": ["default"], "size": 1, "created": "2026-01-05T00:00:00Z"},
    docker("ghcr.io/owner/app", v1="04"),
    docker("redis", v7="01", v8="03", latest="03", edge=None),
    {**docker("lab/pinned", x="02"), "tags": [DIGEST]},
]


def names(*filters: str) -> set[str]:
    return {f"{row['name']}:{tag}" for row in filtered(ROWS, filters) for tag in row["tags"]}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["reference=redis:v*"], {"redis:v7", "redis:v8"}),
        (["reference=*/app"], {"ghcr.io/owner/app:v1"}),
        (["reference=redis:v7", "reference=*/app"], {"redis:v7", "ghcr.io/owner/app:v1"}),
        (["dangling=true"], {f"lab/pinned:{DIGEST}"}),
        (["dangling=false", "reference=lab/*"], set()),
        (["before=redis:v8"], {"redis:v7", f"lab/pinned:{DIGEST}"}),
        (["since=redis"], {"ghcr.io/owner/app:v1", "debian/bookworm:default"}),
        (["since=redis:v7", "before=debian/bookworm", "reference=redis"], {"redis:v8", "redis:latest"}),
    ],
)
def test_images_are_chosen_as_docker_chooses(filters: list[str], expected: set[str]) -> None:
    assert names(*filters) == expected


def test_what_belongs_to_a_tag_stays_with_it() -> None:
    (row,) = filtered(ROWS, ["reference=redis:v8"])
    assert (row["tags"], row["size"], row["created"]) == (["v8"], [1], ["2026-01-03T00:00:00Z"])
    assert row["is_latest"] == []


@pytest.mark.parametrize(
    "wrong", ["label=a", "reference", "dangling=maybe", "before=", "since=nothing:1", "since=redis:edge"]
)
def test_a_filter_that_means_nothing_is_named(wrong: str) -> None:
    with pytest.raises(InvalidInput, match=r"^--filter: "):
        filtered(ROWS, [wrong])


def test_the_list_is_filtered_and_other_depots_are_not(command: Command, docker_registry: DockerRegistry) -> None:
    for name in ("lab/one", "lab/two"):
        push_image(docker_registry.url, name, "1", [random_layer(500)])
        assert command("pull", f"{name}:1").code == 0
    assert command("images", "-q", "--filter", "reference=lab/o*").out == "lab/one:1\n"
    assert command("ls", "--filter", "reference=lab/o*", "--json").json["total_count"] == 1
    assert command("ls", "--filter", "reference=zzz").err == "No images\n"
    refused = command("list", "--depot", "official", "--filter", "reference=a")
    assert (refused.code, refused.err.startswith("imagedepot: --filter is for the images of this host")) == (2, True)
