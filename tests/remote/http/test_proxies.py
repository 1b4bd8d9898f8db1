from __future__ import annotations

import pytest

from imagedepot.remote.http.address import Address
from imagedepot.remote.http.proxies import Proxies

ENVIRONMENT = {"HTTPS_PROXY": "http://secure:1", "http_proxy": "http://plain:1"}


def way(url: str, **more: str) -> str | None:
    return Proxies({**ENVIRONMENT, **more}).to(Address.of(url))


def test_each_scheme_has_its_own() -> None:
    assert (way("https://x.example"), way("http://x.example")) == ("http://secure:1", "http://plain:1")
    assert Proxies({}).to(Address.of("https://x.example")) is None


def test_lower_case_wins_as_with_curl() -> None:
    assert way("https://x.example", https_proxy="http://lower:1") == "http://lower:1"


@pytest.mark.parametrize("url", ["http://localhost", "https://127.0.0.1:5000", "https://[::1]"])
def test_this_host_is_never_asked_through_a_proxy(url: str) -> None:
    assert way(url) is None


@pytest.mark.parametrize(
    ("entry", "direct", "asked"),
    [
        ("*", ["https://x.example"], []),
        ("x.example", ["https://x.example", "https://a.x.example"], ["https://ax.example", "https://x.example.org"]),
        (".x.example", ["https://a.x.example"], ["https://y.example"]),
        ("*.x.example", ["https://a.x.example"], ["https://y.example"]),
        ("X.Example", ["https://x.example"], []),
        ("x.example:5000", ["https://x.example:5000"], ["https://x.example"]),
        ("10.0.0.0/8", ["https://10.1.2.3"], ["https://11.1.2.3"]),
        ("10.1.2.3", ["https://10.1.2.3"], ["https://10.1.2.4"]),
        ("fd00::/8", ["https://[fd00::1]"], ["https://[fe00::1]"]),
        ("[fd00::1]", ["https://[fd00::1]"], ["https://[fd00::2]"]),
        (" a.lan , b.lan ", ["https://a.lan", "https://b.lan"], ["https://c.lan"]),
    ],
)
def test_no_proxy_names_hosts_what_is_below_them_addresses_and_networks(
    entry: str, direct: list[str], asked: list[str]
) -> None:
    assert [way(url, NO_PROXY=entry) for url in direct] == [None] * len(direct)
    assert [way(url, NO_PROXY=entry) for url in asked] == ["http://secure:1"] * len(asked)
