"""Names as clients of `/v2/` write them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.errors import DepotError, Forbidden, InvalidReference, NotFound
from imagedepot.model.names.reference import Reference
from imagedepot.model.names.registry_names import read_name, read_pushed_name
from imagedepot.model.names.upstreams import BUILT_IN, Upstream, Upstreams

UPSTREAMS = Upstreams(
    map(Upstream.parse, ("registry.lan=https://registry.lan:5000", "hub.lan=https://harbor.lan/hub-proxy"))
)
OWN = {"team/app", "app"}
MIRRORED = {"docker.io/library/redis", "docker.io/lgsd/diamond"}


@pytest.mark.parametrize(
    ("name", "ns", "meant", "path"),
    [
        ("library/redis", None, "docker.io/library/redis", "docker.io/library/redis"),
        ("redis", None, "docker.io/library/redis", "docker.io/library/redis"),
        ("redis", "docker.io", "docker.io/library/redis", "docker.io/library/redis"),
        ("lgsd/diamond", "index.docker.io", "docker.io/lgsd/diamond", "docker.io/lgsd/diamond"),
        ("docker.io/redis", None, "docker.io/library/redis", "docker.io/library/redis"),
        ("ghcr.io/owner/name", None, "ghcr.io/owner/name", "ghcr.io/owner/name"),
        ("owner/name", "ghcr.io", "ghcr.io/owner/name", "ghcr.io/owner/name"),
        ("owner/name", "registry.lan:5000", "registry.lan:5000/owner/name", "registry.lan/owner/name"),
        ("ghcr.io/owner/name", "ghcr.io", "ghcr.io/owner/name", "ghcr.io/owner/name"),
        ("docker.io/library/redis", "docker.io", "docker.io/library/redis", "docker.io/library/redis"),
        ("registry.lan/a", None, "registry.lan:5000/a", "registry.lan/a"),
        ("hub.lan/library/redis", None, "harbor.lan/hub-proxy/library/redis", "hub.lan/library/redis"),
        ("hub-proxy/library/redis", "harbor.lan", "harbor.lan/hub-proxy/library/redis", "hub.lan/library/redis"),
        ("team/app", None, "depot.internal/team/app", "team/app"),
        ("app", None, "depot.internal/app", "app"),
        ("depot.internal/new/app", None, "depot.internal/new/app", "new/app"),
        ("new/app", "depot.internal", "depot.internal/new/app", "new/app"),
        ("team/app", "docker.io", "docker.io/team/app", "docker.io/team/app"),
    ],
)
def test_three_spellings_mean_one_repository(name: str, ns: str | None, meant: str, path: str) -> None:
    found = read_name(UPSTREAMS, name, ns, OWN.__contains__)
    assert (found.name, found.path) == (meant, path)
    assert found.is_own == meant.startswith("depot.internal/")
    assert str(found.reference("1")) == f"{meant}:1"
    if not found.is_own or found.repository in OWN:
        assert read_name(UPSTREAMS, found.path, None, OWN.__contains__) == found


@pytest.mark.parametrize(
    ("name", "ns"),
    [
        ("evil.lan/a/b", None),
        ("a/b", "evil.lan"),
        ("a/b", "10.0.0.1"),
        ("a/b", "127.0.0.1:8080"),
        ("a/b", ""),
        ("localhost/a", None),
        ("ghcr.io/a/b", "docker.io"),
        ("elsewhere/redis", "harbor.lan"),
    ],
)
def test_a_host_that_is_not_in_the_list_is_not_found(name: str, ns: str | None) -> None:
    with pytest.raises(NotFound):
        read_name(UPSTREAMS, name, ns, OWN.__contains__)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "a/../b",
        "a//b",
        "/a",
        "a/",
        "A/b",
        "a%2fb",
        "a b",
        "a\n",
        "a:1",
        "a@b",
        "/".join("a" * 300),
        "a" * 256,
    ],
)
def test_what_breaks_the_grammar_is_refused(name: str) -> None:
    with pytest.raises(InvalidReference):
        read_name(UPSTREAMS, name, None, OWN.__contains__)


def test_a_name_that_only_its_host_makes_too_long_is_refused() -> None:
    with pytest.raises(InvalidReference, match="at most 255 characters"):
        read_name(UPSTREAMS, "a" * 250, "ghcr.io", OWN.__contains__)


def push(name: str, ns: str | None = None) -> str:
    return read_pushed_name(UPSTREAMS, name, ns, OWN.__contains__, MIRRORED.__contains__).name


def test_a_push_goes_to_a_repository_of_our_own() -> None:
    for name in ("team/app", "brand/new", "new", "depot.internal/brand/new"):
        assert push(name) == f"depot.internal/{name.removeprefix('depot.internal/')}"
    assert push("brand/new", "depot.internal") == "depot.internal/brand/new"


@pytest.mark.parametrize(
    ("name", "ns", "reason"),
    [
        ("library/redis", None, "a name of Docker's official images"),
        ("depot.internal/library/mine", None, "a name of Docker's official images"),
        ("ghcr.io/a/b", None, "ghcr.io/a/b belongs to another registry"),
        ("docker.io/a/b", None, "docker.io/a/b belongs to another registry"),
        ("a/b", "docker.io", "docker.io/a/b belongs to another registry"),
        ("redis", None, "redis is here from Docker Hub already"),
        ("lgsd/diamond", None, "lgsd/diamond is here from Docker Hub already"),
        ("depot.internal/lgsd/diamond", None, "lgsd/diamond is here from Docker Hub already"),
    ],
)
def test_a_push_never_replaces_what_clients_of_the_mirror_get(name: str, ns: str | None, reason: str) -> None:
    with pytest.raises(Forbidden, match=reason):
        push(name, ns)


names = st.text(st.sampled_from("ab./-_:@%\\ \x00\nA0é"), max_size=40) | st.text(max_size=40)
hosts = st.none() | st.sampled_from([*BUILT_IN, "depot.internal", "registry.lan:5000", "evil.lan"]) | names
hosted = st.builds("/".join, st.tuples(st.sampled_from([*BUILT_IN, "depot.internal", "hub.lan", "evil.lan"]), names))


@given(names | hosted, hosts, st.booleans())
def test_any_name_is_one_of_a_known_registry_or_refused(name: str, ns: str | None, own: bool) -> None:
    try:
        found = read_name(UPSTREAMS, name, ns, lambda _: own)
    except DepotError as error:
        assert isinstance(error, InvalidReference | NotFound)
        assert "\n" not in str(error)
        return
    assert re.fullmatch(r"[a-z0-9._/-]{1,255}", found.repository)
    assert not {"", ".", ".."} & set(found.repository.split("/"))
    reference = found.reference("1")
    assert (reference.name, reference.repository) == (found.name, found.repository)
    assert Reference.parse(reference.familiar) == reference
    assert reference.registry in {*(each.host for each in UPSTREAMS.all), "depot.internal"}


@given(names | hosted, hosts, st.booleans())
def test_any_push_lands_in_a_repository_of_our_own_or_is_refused(name: str, ns: str | None, mirrored: bool) -> None:
    try:
        found = read_pushed_name(UPSTREAMS, name, ns, lambda _: False, lambda _: mirrored)
    except DepotError as error:
        assert isinstance(error, InvalidReference | NotFound | Forbidden)
        return
    assert not mirrored
    assert found.is_own
    assert not found.repository.startswith("library/")
    assert read_name(UPSTREAMS, found.path, None, lambda repository: repository == found.repository) == found
