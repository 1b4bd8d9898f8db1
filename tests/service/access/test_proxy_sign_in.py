"""Whom a reverse proxy has signed in: believed at its own address alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from imagedepot.model.access.groups import GroupRoles
from imagedepot.model.access.role import Role
from imagedepot.service.access.caller import Caller
from imagedepot.service.access.proxy_sign_in import ProxySignIn
from tests.service.access.test_access import ADA, SECRET, House, Time

PROXY, STRANGER = "172.18.0.2", "192.168.1.9"
GROUPS = GroupRoles(admins=["admins"], members=["family", "friends"])


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """With a local administrator."""
    house = House(tmp_path, Time())
    house.access.add(ADA, SECRET, Role.ADMIN)
    yield house
    house.database.close()


def sign_in(house: House, roles: GroupRoles = GROUPS, *networks: str) -> ProxySignIn:
    proxies = [ip_network(each) for each in networks or ("172.18.0.0/16",)]
    return ProxySignIn(house.access, proxies, "Remote-User", "X-Groups", roles)


def asked(proxy: ProxySignIn, user: str, groups: str = "", peer: str = PROXY) -> Caller | None:
    headers = [(b"host", b"nas.lan"), (b"remote-user", user.encode()), (b"x-groups", groups.encode())]
    return proxy.caller(peer, headers)


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        ("", Role.VIEWER),
        ("others", Role.VIEWER),
        ("family", Role.MEMBER),
        ("others, friends", Role.MEMBER),
        ("family|admins", Role.ADMIN),
        ("ADMINS", Role.VIEWER),
    ],
)
def test_groups_give_the_role(house: House, groups: str, role: Role) -> None:
    caller = asked(sign_in(house), "eva", groups)
    assert caller is not None
    assert (caller.username, caller.role, caller.anonymous, caller.vouched_for) == ("eva", role, False, True)


def test_nobody_else_is_believed(house: House, caplog: pytest.LogCaptureFixture) -> None:
    proxy = sign_in(house, GROUPS, "172.18.0.2", "fd00::/64")
    for peer in (STRANGER, "172.18.0.3", "127.0.0.1", "", "nas.lan", "fd00:0:0:1::2"):
        assert asked(proxy, ADA, "admins", peer) is None, peer
    for peer in (PROXY, "::ffff:172.18.0.2", "fd00::2", "fd00::2%eth0"):
        assert asked(proxy, ADA, "admins", peer) is not None, peer
    (line,) = [line for line in caplog.messages if "is not believed" in line]
    assert f"from {STRANGER}" in line


def test_it_is_off_without_a_proxys_address(house: House, caplog: pytest.LogCaptureFixture) -> None:
    proxy = ProxySignIn(house.access, [], "Remote-User", "Remote-Groups", GROUPS)
    for peer in (PROXY, "127.0.0.1", ""):
        assert asked(proxy, ADA, "admins", peer) is None
    assert caplog.messages == []


@pytest.mark.parametrize("name", ["", " ", "-x", "a b", "a\nb", "x" * 65, "ä", "../x"])
def test_what_is_no_name_is_nobody(house: House, name: str) -> None:
    assert asked(sign_in(house), name, "admins") is None


def test_a_header_that_is_there_twice_is_nobody(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    twice = [(b"remote-user", b"eve"), (b"remote-user", ADA.encode())]
    assert sign_in(house).caller(PROXY, twice) is None
    assert "names more than one user" in caplog.text


def test_a_user_is_written_down_once_and_has_no_password(house: House) -> None:
    proxy = sign_in(house)
    caller = asked(proxy, "eva", "family")
    assert caller is not None
    assert not house.access.is_kept(caller)
    house.access.keep_vouched_for(caller)
    assert house.access.is_kept(caller)
    assert [(user.username, user.role) for user in house.again().users()] == [(ADA, Role.ADMIN), ("eva", Role.MEMBER)]
    for password in ("", "no user", SECRET):
        with pytest.raises(Exception, match="Wrong user name or password"):
            house.login("eva", password, address=f"10.0.{len(password)}.1")


def test_a_user_who_is_added_while_another_one_is_looked_for_disturbs_nobody(house: House) -> None:
    access = house.access

    class Name(str):
        def casefold(self) -> str:
            if not access.fingerprint("bob"):
                access.add("bob", SECRET, Role.VIEWER)
            return super().casefold()

    caller = access.vouched_for(Name("eva"), Role.MEMBER)
    assert caller is not None
    assert caller.role is Role.MEMBER


def test_a_role_of_the_proxy_is_todays(house: House) -> None:
    proxy = sign_in(house)
    for groups, role in (("family", Role.MEMBER), ("admins", Role.ADMIN), ("", Role.VIEWER)):
        caller = asked(proxy, "eva", groups)
        assert caller is not None
        house.access.keep_vouched_for(caller)
        assert {user.username: user.role for user in house.access.users()} == {ADA: Role.ADMIN, "eva": role}


def test_without_groups_the_role_is_the_one_that_an_administrator_gives(house: House) -> None:
    proxy = sign_in(house, GroupRoles())
    caller = asked(proxy, "eva", "admins")
    assert caller is not None
    assert caller.role is Role.VIEWER
    house.access.keep_vouched_for(caller)
    house.access.change("eva", role=Role.MEMBER)
    again = asked(proxy, "eva", "admins")
    assert again is not None
    assert again.role is Role.MEMBER


def test_a_user_with_a_password_keeps_the_role_of_here_and_is_known_whatever_the_capitals(house: House) -> None:
    caller = asked(sign_in(house), "Ada", "others")
    assert caller is not None
    assert (caller.username, caller.role) == (ADA, Role.ADMIN)
    assert house.access.is_kept(caller)
