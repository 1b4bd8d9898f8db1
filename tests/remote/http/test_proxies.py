from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping

import pytest

from imagedepot.errors import InvalidSetting
from imagedepot.remote.http.address import Address
from imagedepot.remote.http.proxies import Proxies

ENVIRONMENT = {"HTTPS_PROXY": "http://secure:1", "http_proxy": "http://plain:1"}


def way(url: str, **more: str) -> str | None:
    return found({**ENVIRONMENT, **more}, url)


def found(environment: Mapping[str, str], url: str = "https://x.example") -> str | None:
    proxy = Proxies(environment).to(Address.of(url))
    return proxy.url if proxy else None


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
        ("[fd00::1]:5000", ["https://[fd00::1]:5000"], ["https://[fd00::1]"]),
        ("10.0.0.0/8:5000", ["https://10.1.2.3:5000"], ["https://10.1.2.3"]),
        (".", [], ["https://x.example"]),
        ("a.lan b.lan", ["https://a.lan", "https://b.lan"], ["https://c.lan"]),
        (" a.lan , b.lan ", ["https://a.lan", "https://b.lan"], ["https://c.lan"]),
    ],
)
def test_no_proxy_names_hosts_what_is_below_them_addresses_and_networks(
    entry: str, direct: list[str], asked: list[str]
) -> None:
    assert [way(url, NO_PROXY=entry) for url in direct] == [None] * len(direct)
    assert [way(url, NO_PROXY=entry) for url in asked] == ["http://secure:1"] * len(asked)


def test_all_proxy_serves_the_schemes_that_have_none_of_their_own() -> None:
    own = {"ALL_PROXY": "all:1", "https_proxy": "own:2"}
    assert [found(own, url) for url in ("http://x.example", "https://x.example")] == ["http://all:1", "http://own:2"]


@pytest.mark.parametrize(
    ("text", "url", "login"),
    [
        ("proxy.lan:3128", "http://proxy.lan:3128", ""),
        ("proxy.lan", "http://proxy.lan:80", ""),
        ("HTTPS://proxy.lan/", "https://proxy.lan:443", ""),
        ("http://[fd00::1]:3128", "http://[fd00::1]:3128", ""),
        ("http://user:p%40ss%3a@proxy:3128", "http://proxy:3128", "user:p@ss:"),
        ("user@proxy:3128", "http://proxy:3128", "user:"),
        ("http://%C3%A4:%C3%B6@proxy:3128", "http://proxy:3128", "ä:ö"),
    ],
)
def test_a_proxy_has_an_address_and_perhaps_a_login(text: str, url: str, login: str) -> None:
    proxy = Proxies({"HTTPS_PROXY": text}).to(Address.of("https://x.example"))
    assert proxy is not None
    assert (proxy.url, b64decode(proxy.authorization.removeprefix("Basic ")).decode()) == (url, login)
    assert "Basic" not in repr(proxy)


@pytest.mark.parametrize(
    "text",
    [
        "socks5://user:secret@proxy:1080",
        "http://user:secret@proxy:port",
        "http://user:secret@proxy:0",
        "http://user:secret@proxy:99999",
        "http://user:secret@",
        "http://user:secret@[::1",
        "http://user:secret@a b",
        "ftp://secret",
    ],
)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"])
def test_what_is_no_proxy_is_a_wrong_setting_that_is_named_without_its_password(name: str, text: str) -> None:
    with pytest.raises(InvalidSetting, match=f"^{name}: .*https?://") as caught:
        Proxies({name: text})
    assert "secret" not in str(caught.value)
