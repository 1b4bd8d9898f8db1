"""What a caller wrote is checked once, and no name from a request ever becomes a path outside."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.content.backends.local import BlobStore
from imagedepot.content.index.oci_layout import Layout
from imagedepot.content.transfer.ingest import key_of
from imagedepot.errors import InvalidInput, InvalidReference
from imagedepot.model.depot import APPCENTER, DOCKERHUB, LOCAL, OFFICIAL, DepotId, DepotKind
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageType, Remark, RemoteFile
from imagedepot.model.platform import Platform
from imagedepot.protocols import Depot, Entry
from imagedepot.service.downloads.requests import (
    depot_id,
    image_request,
    image_type,
    installed_name,
    is_other_registry,
    lxc_name,
)
from tests.remote.clients import transport
from tests.service.kit import ScriptedDepot
from tests.service.lxc_mirror import MirrorDepot

HUB = DOCKERHUB
DOCKER, LXC = ImageType.DOCKER, ImageType.LXC
DEPOTS: Mapping[DepotId, Depot] = {
    LOCAL: ScriptedDepot(LOCAL, DepotKind.ARCHIVES),
    APPCENTER: MirrorDepot(transport()),
    OFFICIAL: ScriptedDepot(OFFICIAL, DepotKind.OFFICIAL),
    HUB: ScriptedDepot(),
}
SHA = "sha256:" + "ab" * 32

# Texts that are close to paths and names, so that many of them get past the first check.
texts = st.text(st.sampled_from("ab./:@_-+%\\~\x00\n A0é"), max_size=24) | st.text(max_size=24)


def is_harmless(text: str) -> bool:
    """As a path below a folder it stays below that folder."""
    inside = posixpath.normpath(posixpath.join("/data", text))
    return inside.startswith("/data/") and "\x00" not in text and "\\" not in text and "\n" not in text


@given(texts, texts)
def test_docker_names_are_refused_or_stay_inside(name: str, tag: str) -> None:
    try:
        request = image_request(DEPOTS, HUB, DOCKER, name, tag)
    except InvalidInput as error:
        assert "\n" not in str(error), "one line, whatever was sent"
        assert len(str(error)) < 1000
        return
    assert is_harmless(request.name)
    assert is_harmless(request.tag)
    assert "/" not in request.tag


@given(texts)
def test_lxc_names_are_refused_or_stay_inside(name: str) -> None:
    try:
        request = image_request(DEPOTS, APPCENTER, LXC, name, "any")
    except InvalidInput as error:
        assert "\n" not in str(error)
        return
    assert is_harmless(request.name)
    assert not request.name.startswith("/")
    assert ".." not in request.name.split("/")
    assert request.tag == "latest"


@given(texts, texts)
def test_no_address_of_an_upstream_becomes_a_file_name(host: str, path: str) -> None:
    key = key_of(RemoteFile(f"http://{host}/{path}"))
    assert key.isascii()
    assert key.replace("-", "").isalnum()


def test_a_hostile_name_in_the_index_touches_no_file_of_that_name(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path / "data")
    Layout(blobs.layout).put(Entry("../../../outside", Digest.of(b"x"), 1))
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.mark.parametrize(
    ("name", "tag", "expected"),
    [
        ("redis", "7", ("redis", "7")),
        ("library/redis", "7", ("redis", "7")),
        ("docker.io/lgsd/diamond", "latest", ("lgsd/diamond", "latest")),
        ("registry.lan:5000/a/b", "1", ("registry.lan:5000/a/b", "1")),
        ("redis:7", "7", ("redis", "7")),
        ("redis", SHA, ("redis", SHA)),
        (f"redis:7@{SHA}", "7", ("redis", SHA)),
        ("https://hub.docker.com/r/linuxserver/jellyfin", "latest", ("linuxserver/jellyfin", "latest")),
        ("docker pull redis", "latest", ("redis", "latest")),
    ],
)
def test_names_are_taken_in_their_familiar_form(name: str, tag: str, expected: tuple[str, str]) -> None:
    request = image_request(DEPOTS, HUB, DOCKER, name, tag, "arm64", Remark("d"))
    assert (request.name, request.tag) == expected
    assert request.platform == Platform.parse("linux/arm64")
    assert request.remark == Remark("d")


@pytest.mark.parametrize("name", ["debian/bookworm", "debian/12", "alpine/3.20/cloud", "c++", "a:b"])
def test_the_names_of_image_servers_are_taken(name: str) -> None:
    assert lxc_name(name) == name


@pytest.mark.parametrize("name", ["", "/", "..", "a/..", "a//b", "/a", "a/", ".hidden", "a b", "a" * 256, "a\n"])
def test_what_is_no_lxc_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="Not a valid image name"):
        lxc_name(name)


def test_what_nobody_can_download_is_refused_with_a_hint() -> None:
    with pytest.raises(InvalidInput, match="Nothing is downloaded from local"):
        image_request(DEPOTS, LOCAL, DOCKER, "redis", "7")
    with pytest.raises(InvalidInput, match="LXC images come from appcenter, not from dockerhub"):
        image_request(DEPOTS, HUB, LXC, "debian/12", "latest")
    with pytest.raises(InvalidReference):
        image_request(DEPOTS, HUB, DOCKER, "redis", "7", platform="linux/../etc")
    with pytest.raises(InvalidInput, match="at most 8,192 characters"):
        image_request(DEPOTS, HUB, DOCKER, "redis", "7", remark=Remark(icon="x" * 8193))
    with pytest.raises(InvalidInput, match="is not text"):
        image_request(DEPOTS, HUB, DOCKER, "redis", "7", remark=Remark("what \ud83d"))


def test_depots_and_types_are_words_of_a_short_list() -> None:
    assert depot_id("official", DEPOTS) == OFFICIAL
    assert image_type("lxc") is LXC
    with pytest.raises(InvalidInput, match=r"^Unknown depot 'hub': use local, appcenter, official, dockerhub$"):
        depot_id("hub", DEPOTS)
    with pytest.raises(InvalidInput, match=r"^Unknown image type 'vm': use docker, lxc$"):
        image_type("vm")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("redis", ("redis", None)),
        ("redis:7", ("redis", "7")),
        ("registry.lan:5000/a", ("registry.lan:5000/a", None)),
        ("registry.lan:5000/a:1", ("registry.lan:5000/a", "1")),
        (f"redis@{SHA}", ("redis", SHA)),
        (f"redis:7@{SHA}", ("redis", SHA)),
    ],
)
def test_a_name_without_a_tag_means_all_of_them(name: str, expected: tuple[str, str | None]) -> None:
    assert installed_name(DOCKER, name) == expected


def test_other_registries_are_distinguished_from_docker_hub() -> None:
    assert is_other_registry("ghcr.io/a/b")
    assert not is_other_registry("docker.io/a/b")
