from __future__ import annotations

import pytest

from imagedepot.errors import AddressNotAllowed
from imagedepot.remote.http.address import ANYWHERE, Address, AddressRules, AddressSource, Zone, redacted, zone_of

PUBLIC, PRIVATE, LOOPBACK = (AddressSource("https", zone) for zone in (Zone.PUBLIC, Zone.PRIVATE, Zone.LOOPBACK))
PLAIN_LOOPBACK = AddressSource("http", Zone.LOOPBACK)


@pytest.mark.parametrize(
    ("address", "zone"),
    [
        ("127.0.0.1", "loopback"),
        ("127.8.9.1", "loopback"),
        ("0.0.0.0", "loopback"),
        ("::1", "loopback"),
        ("::", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("64:ff9b::7f00:1", "loopback"),
        ("10.0.0.1", "private"),
        ("172.31.0.1", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "private"),
        ("fd00::1", "private"),
        ("::ffff:10.0.0.1", "private"),
        ("2002:c0a8:0101::1", "private"),
        ("64:ff9b::192.168.1.1", "private"),
        ("169.254.169.254", "special"),
        ("fe80::1%eth0", "special"),
        ("224.0.0.1", "special"),
        ("1.1.1.1", "public"),
        ("2606:4700::1111", "public"),
    ],
)
def test_every_address_has_its_zone(address: str, zone: str) -> None:
    assert zone_of(address) == zone


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1:70/",
        "http:///nowhere",
        "http://[::1",
        "token please",
        "//host/x",
        "http://user:word@host/",
        "http://host:99999/",
        "https://ho\nst/",
        "https://host/a b",
    ],
)
def test_only_plain_http_urls_are_addresses(url: str) -> None:
    with pytest.raises(AddressNotAllowed):
        Address.of(url)


def test_default_ports_are_the_same_address() -> None:
    assert Address.of("https://Host.example./x") == Address.of("https://host.example:443/y")
    assert str(Address.of("https://host:443")) == "host"
    assert str(Address.of("http://[::1]:5000/")) == "[::1]:5000"


def test_a_public_server_names_public_ones_over_https_only() -> None:
    rules = AddressRules()
    assert rules.reach(Address.of("https://cdn.example/x"), PUBLIC) == {Zone.PUBLIC}
    with pytest.raises(AddressNotAllowed):
        rules.reach(Address.of("http://cdn.example/x"), PUBLIC)


def test_a_private_server_names_private_ones_too_but_not_loopback() -> None:
    assert AddressRules().reach(Address.of("https://auth.lan/token"), PRIVATE) == {Zone.PUBLIC, Zone.PRIVATE}


def test_a_loopback_server_names_loopback_over_http() -> None:
    rules = AddressRules()
    assert rules.reach(Address.of("http://127.0.0.1:9/token"), PLAIN_LOOPBACK) == {Zone.LOOPBACK}
    assert rules.reach(Address.of("https://10.0.0.1/token"), PLAIN_LOOPBACK) == {Zone.PUBLIC, Zone.LOOPBACK}


def test_never_plain_after_https() -> None:
    with pytest.raises(AddressNotAllowed):
        AddressRules().reach(Address.of("http://127.0.0.1:9/token"), LOOPBACK)


def test_nothing_may_name_link_local() -> None:
    special = AddressSource("https", Zone.SPECIAL)
    for given_by in (PUBLIC, PRIVATE, LOOPBACK, PLAIN_LOOPBACK, special):
        assert Zone.SPECIAL not in AddressRules().reach(Address.of("https://x.example/"), given_by)


def test_the_user_may_write_plain_http_on_this_host_and_https_everywhere() -> None:
    rules = AddressRules()
    assert rules.reach(Address.of("http://127.0.0.1:5000"), None) == {Zone.LOOPBACK}
    assert rules.reach(Address.of("http://10.0.0.1:5000"), None) == {Zone.LOOPBACK}
    assert rules.reach(Address.of("https://10.0.0.1:5000"), None) == ANYWHERE


@pytest.mark.parametrize("entry", ["10.0.0.1:5000", "10.0.0.1", " 10.0.0.1:5000 "])
def test_a_listed_host_needs_no_further_permission(entry: str) -> None:
    rules = AddressRules([entry])
    assert rules.trusts(Address.of("https://10.0.0.1:5000/"))
    assert rules.reach(Address.of("http://10.0.0.1:5000/token"), PUBLIC) == ANYWHERE
    assert not rules.trusts(Address.of("https://10.0.0.11:5000/"))


def test_a_listed_port_is_that_port() -> None:
    assert not AddressRules(["10.0.0.1:5000"]).trusts(Address.of("https://10.0.0.1/"))


def test_secrets_are_left_out_of_sentences() -> None:
    assert redacted("https://me:word@cdn.example/a/b?sig=secret#x") == "https://cdn.example/a/b"
