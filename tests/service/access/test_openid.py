"""The flow of a sign-in: what begins it, what may finish it, and whose session comes of it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Conflict, Forbidden, NotFound, TooManyLogins, UpstreamDenied
from imagedepot.model.access.groups import GroupRoles
from imagedepot.model.access.role import Role
from imagedepot.service.access.caller import LoggedIn
from imagedepot.service.access.login_throttle import LoginThrottle
from imagedepot.service.access.openid import SECONDS, OpenIdFacts, OpenIdSignIn
from tests.service.access.test_access import ADA, SECRET, House, Time

URI = "https://nas.example.org/sign-in"
HERE = "10.0.0.1"
FACTS = OpenIdFacts("Home", "https://id.example", "preferred_username", "groups", GroupRoles(["admins"], ["family"]))


class Provider:
    """Gives each code its claims; holds PKCE and nonce against what the browser was sent with."""

    def __init__(self) -> None:
        self.codes: dict[str, Mapping[str, Any]] = {}
        self.begun: dict[str, str] = {}

    def authorization_url(
        self, redirect_uri: str, state: str, nonce: str, challenge: str, cancellation: Cancellation
    ) -> str:
        self.begun = {"uri": redirect_uri, "state": state, "nonce": nonce, "challenge": challenge}
        return f"https://id.example/authorize?state={state}"

    def claims(
        self, code: str, verifier: str, redirect_uri: str, nonce: str, cancellation: Cancellation
    ) -> Mapping[str, Any]:
        hashed = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        assert (redirect_uri, nonce, hashed) == tuple(self.begun[each] for each in ("uri", "nonce", "challenge"))
        if code not in self.codes:
            raise UpstreamDenied("https://id.example refuses the sign-in: invalid_grant")
        return self.codes.pop(code)


class Flow:
    def __init__(self, house: House) -> None:
        self.house, self.provider = house, Provider()
        self.openid = OpenIdSignIn(
            house.access, LoginThrottle(house.time.seconds), FACTS, self.provider, house.time.seconds
        )

    def begin(self) -> str:
        """The cookie."""
        return self.openid.begin(URI, Cancellation())[1]

    def finish(self, cookie: str, code: str = "code", state: str = "", address: str = HERE) -> LoggedIn:
        state = state or self.provider.begun["state"]
        return self.openid.finish(self.openid.attempt(address), cookie, state, code, Cancellation())

    def sign_in(self, **claims: Any) -> LoggedIn:
        self.provider.codes["code"] = {"sub": "1", "preferred_username": "eva", **claims}
        return self.finish(self.begin())


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[Flow]:
    house = House(tmp_path, Time())
    house.access.add(ADA, SECRET, Role.ADMIN)
    yield Flow(house)
    house.database.close()


@pytest.mark.parametrize(
    ("groups", "role"),
    [(["admins", "x"], Role.ADMIN), ("family", Role.MEMBER), ([1, None], Role.VIEWER), (None, Role.VIEWER)],
)
def test_who_signs_in_is_a_user_with_a_session_and_the_role_of_groups(flow: Flow, groups: object, role: Role) -> None:
    logged_in = flow.sign_in(groups=groups)
    caller = flow.house.again().caller(logged_in.token)
    assert caller is not None
    assert (caller.username, caller.role) == ("eva", role)


def test_the_subject_is_the_person_whatever_name_they_have_now(flow: Flow) -> None:
    flow.sign_in(groups=["family"])
    assert flow.sign_in(preferred_username="eva.maria", groups=["admins"]).caller.username == "eva"
    assert {user.username: user.role for user in flow.house.access.users()} == {ADA: Role.ADMIN, "eva": Role.ADMIN}
    with pytest.raises(Forbidden, match="There is a user eva here who signs in another way"):
        flow.sign_in(sub="2", preferred_username="Eva")


@pytest.mark.parametrize("name", [ADA, "ADA", " ada "])
def test_no_name_at_the_provider_is_that_of_a_local_user(flow: Flow, name: str) -> None:
    with pytest.raises(Forbidden, match="There is a user ada here who signs in another way"):
        flow.sign_in(preferred_username=name, groups=["admins"])


@pytest.mark.parametrize("name", [None, 7, "", "---", ["ada"], ".hidden"])
def test_what_gives_no_name_is_refused(flow: Flow, name: object) -> None:
    with pytest.raises(Forbidden, match="is not a name that a user can have here"):
        flow.sign_in(preferred_username=name)


def test_names_of_people_become_names_of_users(flow: Flow) -> None:
    assert flow.sign_in(preferred_username="Eva Maria Åberg").caller.username == "Eva-Maria-berg"


def test_no_password_fits_who_signs_in_there_until_one_is_set(flow: Flow) -> None:
    flow.sign_in()
    stored = flow.house.access.stamp("eva")
    for number, password in enumerate(("", "no user", str(getattr(stored, "password", "")))):
        with pytest.raises(Exception, match="Wrong user name or password"):
            flow.house.login("eva", password, address=f"10.0.{number}.1")
    flow.house.access.change("eva", SECRET)
    assert flow.house.login("eva", SECRET).caller.username == "eva"
    with pytest.raises(Forbidden):
        flow.sign_in()  # from then on a local user, whose name is taken


def test_only_the_browser_that_began_it_finishes_it_and_in_time(flow: Flow) -> None:
    cookie = flow.begin()
    content, _, signature = cookie.partition(".")
    forged = ["", ".", cookie[:-1], f"{content}.", f"{content[:-4]}AAAA.{signature}", f"{cookie}ä", "x" * 10_000]
    for number, each in enumerate(forged):
        with pytest.raises(Forbidden, match="not begun in this browser"):
            flow.finish(each, address=f"10.0.{number}.1")
    with pytest.raises(Forbidden, match="not begun in this browser"):
        flow.finish(cookie, state="another")
    other = Flow(flow.house)  # another start of the service
    other.begin()
    with pytest.raises(Forbidden, match="not begun in this browser"):
        other.finish(cookie, state=flow.provider.begun["state"])
    flow.house.time.now = flow.house.time.now.replace(minute=flow.house.time.now.minute + SECONDS // 60)
    with pytest.raises(Forbidden, match="not begun in this browser"):
        flow.finish(cookie)


def test_each_begins_with_values_of_its_own(flow: Flow) -> None:
    begun = []
    for _ in range(3):
        flow.begin()
        begun.append(dict(flow.provider.begun))
    for name in ("state", "nonce", "challenge"):
        assert len({each[name] for each in begun}) == 3


def test_codes_that_get_nothing_have_to_wait(flow: Flow) -> None:
    cookie = flow.begin()
    for _ in range(5):
        with pytest.raises(UpstreamDenied):
            flow.finish(cookie, "guessed")
    with pytest.raises(TooManyLogins):
        flow.finish(cookie, "guessed")


def test_while_there_is_no_user_nobody_becomes_the_first_one_by_it(tmp_path: Path) -> None:
    house = House(tmp_path, Time())
    with pytest.raises(Conflict, match="create the administrator first"):
        Flow(house).begin()
    with pytest.raises(Conflict):
        house.access.sign_in("issuer\n1", "eva", Role.ADMIN, HERE)
    assert house.access.users() == []
    house.database.close()


def test_where_no_provider_is_set_up_there_is_nothing_to_begin(flow: Flow) -> None:
    openid = OpenIdSignIn(flow.house.access, LoginThrottle(), None, None)
    assert (openid.name, openid.host) == (None, "")
    with pytest.raises(NotFound):
        openid.begin(URI, Cancellation())
