"""The tags of real repositories, in the order in which people look for them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.service.finding.tag_order import TagKind, group_tags

REAL = {
    "jellyfin/jellyfin": [
        ("current", "", ["latest"]),
        ("version", "10", ["10", "10.10", "10.10.3", "10.10.2", "10.9.11", "10.9.9"]),
        ("pre-release", "", ["10.10.0-rc3", "10.10.0-rc2", "10.9.0-beta1", "nightly", "unstable"]),
        ("other", "", ["2024110105", "latest-amd64", "latest-arm64"]),
    ],
    "postgres": [
        ("current", "", ["latest"]),
        ("version", "17", ["17", "17-alpine", "17-bookworm", "17.2", "17.2-alpine3.20", "17.1"]),
        ("version", "16", ["16", "16-alpine", "16.6"]),
        ("version", "9", ["9", "9.6", "9.6.24"]),
        ("pre-release", "", ["18beta1", "18beta1-alpine", "17rc1", "17beta2"]),
        ("other", "", ["alpine", "bookworm"]),
    ],
    "lscr.io/linuxserver/jellyfin": [
        ("current", "", ["latest"]),
        ("version", "10", ["10.10.3", "version-10.10.3ubu2404", "10.10.3ubu2404-ls40", "10.9.11"]),
        ("pre-release", "", ["develop", "nightly"]),
        ("other", "", ["amd64-10.10.3ubu2404-ls40", "arm64v8-latest"]),
    ],
    "ghcr.io/home-assistant/home-assistant": [
        ("current", "", ["stable"]),
        ("version", "2024", ["2024.12", "2024.12.1", "2024.12.0", "2024.2.5"]),
        ("version", "2023", ["2023.12.4"]),
        ("pre-release", "", ["2024.12.0b3", "2024.12.0b1", "beta", "dev", "rc"]),
    ],
    "traefik": [
        ("current", "", ["latest"]),
        ("version", "3", ["v3", "v3.2", "v3.2.1"]),
        ("version", "2", ["v2.11.14", "v2.9.1"]),
        ("pre-release", "", ["v3.3.0-rc1"]),
        ("other", "", ["0a1b2c3", "cantal", "sha-0a1b2c3d"]),
    ],
}


@pytest.mark.parametrize("name", REAL)
def test_real_tags_are_in_the_order_of_people(name: str) -> None:
    tags = [tag for _, _, group in REAL[name] for tag in group]
    random.Random(name).shuffle(tags)
    assert [(group.kind, group.major, [*group.tags]) for group in group_tags(tags)] == REAL[name]


@given(st.lists(st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,30}\Z"), max_size=30))
def test_each_tag_is_in_one_group(tags: list[str]) -> None:
    grouped = [tag for group in group_tags(tags) for tag in group.tags]
    assert sorted(grouped) == sorted(set(tags))


def test_numbers_of_any_length_are_read() -> None:
    tags = ["1" * 128, "1." + "9" * 100, "1." * 60 + "1"]
    assert [group.kind for group in group_tags(tags[:2])] == [TagKind.OTHER]
    assert [group.major for group in group_tags(tags[2:])] == ["1"]
