"""The closed list of registries that are mirrored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.config import values
from imagedepot.model.names.reference import Reference
from imagedepot.model.names.upstreams import BUILT_IN, Upstream, Upstreams


def listed(text: str) -> Upstreams:
    return Upstreams(values.upstreams(text))


@pytest.mark.parametrize(
    ("text", "upstream"),
    [
        ("ghcr.io", Upstream("ghcr.io", "ghcr.io")),
        (" Registry.lan ", Upstream("registry.lan", "registry.lan")),
        ("registry.lan=https://registry.lan:5000", Upstream("registry.lan:5000", "registry.lan")),
        ("r.lan = https://registry.lan:5000/", Upstream("registry.lan:5000", "r.lan")),
        ("hub.lan=https://harbor.lan/hub-proxy", Upstream("harbor.lan", "hub.lan", "hub-proxy/")),
    ],
)
def test_an_upstream_is_a_host_or_an_alias_and_an_address(text: str, upstream: Upstream) -> None:
    assert Upstream.parse(text) == upstream


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("registry.lan:5000", "has a port, which no path can hold: write alias=https://registry.lan:5000"),
        ("registry.lan=http://registry.lan", "neither a host nor alias=https://host:port"),
        ("registry.lan=registry.lan:5000", "neither a host nor alias=https://host:port"),
        ("a.lan=https://user:secret@b.lan", "neither a host nor alias=https://host:port"),
        ("a.lan=https://b.lan/../x", "not the address of a registry"),
        ("a.lan=https://", "not the address of a registry"),
        ("a.lan=https://redis", "not the address of a registry"),
        ("lan=https://registry.lan", "is not an alias: it is written like a host without a port"),
        ("a.lan/b=https://registry.lan", "is not an alias"),
        ("../etc", "is neither a host nor"),
        ("depot.internal", "depot.internal is the host of what is pushed here"),
        ("a.lan=https://depot.internal:5000", "depot.internal is the host of what is pushed here"),
        ("ghcr.io=https://evil.lan", "'ghcr.io' is built in, and means that registry"),
        ("index.docker.io=https://evil.lan", "'index.docker.io' is built in"),
        ("a.lan=https://b.lan,a.lan=https://c.lan", "'a.lan' is named twice"),
    ],
)
def test_what_is_no_upstream_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason.replace("[", r"\[")):
        listed(text)


def test_one_is_found_by_its_alias_and_by_its_host() -> None:
    upstreams = listed("registry.lan=https://registry.lan:5000, r.example, ghcr.io")
    for key, host in [
        ("registry.lan", "registry.lan:5000"),
        ("registry.lan:5000", "registry.lan:5000"),
        ("R.example", "r.example"),
        ("registry-1.docker.io", "docker.io"),
        *((host, host) for host in BUILT_IN),
    ]:
        found = upstreams.find(key)
        assert found is not None
        assert found.host == host
    for stranger in ("evil.lan", "10.0.0.1", "", "registry.lan:6000", "localhost"):
        assert upstreams.find(stranger) is None


@given(st.text(st.sampled_from("ab.:/=@ htps-_%\x00\n,A0[]"), max_size=40) | st.text(max_size=40))
def test_any_text_is_a_list_of_registries_or_refused(text: str) -> None:
    try:
        upstreams = listed(text)
    except ValueError as error:
        assert "\n" not in str(error)
        return
    for each in upstreams.all:
        assert Reference.parse(f"{each.host}/{each.prefix}x/y").registry == each.host
        assert Reference.parse(f"{each.alias}/x/y").registry == each.alias
