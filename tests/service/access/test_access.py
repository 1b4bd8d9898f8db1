"""Who may do what: users, sessions, roles."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from imagedepot.database.connection import Database
from imagedepot.database.rows.signing_keys import SigningKeys
from imagedepot.database.rows.tokens import TokenRows
from imagedepot.database.rows.users import UserRows
from imagedepot.errors import Conflict, InvalidInput, NotFound, TooManyLogins, Unauthenticated
from imagedepot.model.access.role import Role
from imagedepot.protocols.rows import StoredSession, StoredUser
from imagedepot.service.access.access import Access
from imagedepot.service.access.caller import LoggedIn
from imagedepot.service.access.known_browsers import KnownBrowsers
from imagedepot.service.access.login_throttle import LoginThrottle
from imagedepot.service.access.passwords import Passwords
from imagedepot.service.access.sessions import LIFETIME, LONGEST, key_of
from imagedepot.service.access.tokens import Tokens

ADA, SECRET = "ada", "correct horse"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Time:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()


class House:
    """Access on a database; `again()` is the next start of the service."""

    def __init__(self, folder: Path, time: Time) -> None:
        self.folder, self.time = folder, time
        self.database = Database(folder / "imagedepot.db")
        self.access = self.again()

    def again(self) -> Access:
        self.tokens = Tokens(TokenRows(self.database), self.time)
        browsers = KnownBrowsers(SigningKeys(self.database).get("browsers"), self.time)
        return Access(
            UserRows(self.database),
            Passwords(CHEAP),
            LoginThrottle(self.time.seconds),
            browsers,
            self.tokens,
            self.time,
        )

    def login(self, username: str, password: str, address: str = "10.0.0.1", browser: str = "") -> LoggedIn:
        return self.access.login(self.access.attempt(username, address, browser), password)

    def token(self, username: str = ADA) -> str:
        return self.login(username, SECRET).token


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path, Time())
    house.access.add(ADA, SECRET, Role.ADMIN)
    yield house
    house.database.close()


def test_before_the_first_user_everybody_is_an_administrator(tmp_path: Path) -> None:
    access = House(tmp_path, Time()).access
    assert access.users() == []
    assert access.has_users is False
    assert (access.anonymous().username, access.anonymous().is_admin) == ("Anonymous", True)
    assert access.add("first", SECRET, Role.VIEWER).is_admin, "the first user is an administrator in any case"
    assert access.users()
    assert not access.add("second", SECRET, Role.VIEWER).is_admin


def test_a_session_is_its_users_until_it_expires(house: House) -> None:
    token = house.token()
    caller = house.access.caller(token)
    assert caller is not None
    assert (caller.username, caller.is_admin, caller.anonymous, caller.login) == (ADA, True, False, house.time.now)
    house.time.now += LIFETIME
    assert house.access.caller(token) is None
    assert house.again().caller(token) is None
    with pytest.raises(Unauthenticated):
        house.access.renew(token)


def test_a_renewed_session_lives_on_and_began_when_it_began(house: House) -> None:
    began, token = house.time.now, house.token()
    house.time.now += LIFETIME - timedelta(minutes=1)
    assert house.access.renew(token).caller.login == began
    house.time.now += LIFETIME - timedelta(minutes=1)
    caller = house.again().caller(token)
    assert caller is not None
    assert caller.login == began


def test_an_expired_session_stays_so_when_the_clock_goes_back(house: House) -> None:
    token, unseen = house.token(), house.token()
    house.time.now += LIFETIME
    assert house.access.caller(token) is None
    house.time.now -= timedelta(hours=1)
    for access in (house.access, house.again()):
        assert access.caller(token) is None
        assert access.caller(unseen) is not None, "nobody has seen that it was over"


def test_a_session_that_begins_in_the_future_is_refused_until_the_clock_is_right(house: House) -> None:
    token = house.token()
    right = house.time.now
    house.time.now = right - LIFETIME - timedelta(seconds=1)
    for access in (house.access, house.again()):
        assert access.caller(token) is None
        assert access.sessions(access.owner()) == []
        with pytest.raises(Unauthenticated):
            access.renew(token)
    house.time.now = right
    assert house.access.caller(token) is not None


def test_a_session_that_is_renewed_again_and_again_ends_after_thirty_days(house: House) -> None:
    began, token = house.time.now, house.token()
    while house.time.now + LIFETIME < began + LONGEST:
        assert house.access.renew(token).seconds == LIFETIME.total_seconds()
        house.time.now += timedelta(hours=20)
    left = began + LONGEST - house.time.now
    assert house.access.renew(token).seconds == left.total_seconds() < LIFETIME.total_seconds()
    house.time.now += left
    assert house.access.caller(token) is None


def test_a_session_that_an_earlier_version_renewed_without_end_has_one(house: House) -> None:
    now = house.time.now
    row = StoredSession(token=key_of("old"), username=ADA, login=now - LONGEST, expires=now + timedelta(hours=1))
    UserRows(house.database).put_session(row)
    assert house.again().caller("old") is None


def test_a_session_whose_login_was_damaged_costs_itself_alone(house: House) -> None:
    login = datetime.max.replace(tzinfo=UTC)
    row = StoredSession(token=key_of("odd"), username=ADA, login=login, expires=house.time.now + timedelta(hours=1))
    UserRows(house.database).put_session(row)
    token = house.token()
    access = house.again()
    assert access.caller("odd") is None
    assert access.caller(token) is not None


def test_users_see_and_end_their_own_sessions_and_administrators_all(house: House) -> None:
    house.access.add("bob", SECRET, Role.VIEWER)
    first = house.token("bob")
    house.time.now += timedelta(minutes=1)
    second, adas = house.token("bob"), house.token()
    callers = [house.access.caller(token) for token in (adas, first)]
    ada, bob = (caller for caller in callers if caller is not None)
    assert {each.username for each in house.access.sessions(ada)} == {ADA, "bob"}
    newest, oldest = house.access.sessions(bob)
    assert newest.login > oldest.login
    with pytest.raises(NotFound, match="There is no session"):
        house.access.end_session(bob, next(each.id for each in house.access.sessions(ada) if each.username == ADA))
    house.access.end_session(bob, newest.id)
    house.access.end_session(ada, oldest.id)
    for access in (house.access, house.again()):
        assert [access.caller(token) is None for token in (first, second, adas)] == [True, True, False]


def test_the_id_of_a_session_is_no_cookie(house: House) -> None:
    house.token()
    (session,) = house.access.sessions(house.access.owner())
    assert house.access.caller(session.id) is None
    assert house.access.caller(session.key) is None


def test_sessions_survive_a_restart_and_end_at_logout(house: House) -> None:
    token, other = house.token(), house.token()
    assert house.again().caller(token) is not None
    house.access.logout(token)
    house.access.logout("nobody's")
    for access in (house.access, house.again()):
        assert access.caller(token) is None
        assert access.caller(other) is not None


def test_the_database_holds_neither_passwords_nor_tokens(house: House) -> None:
    token = house.token()
    house.database.close()
    for file in house.folder.iterdir():
        content = file.read_bytes()
        assert token.encode() not in content
        assert SECRET.encode() not in content


@pytest.mark.parametrize("token", ["", "x", "x" * 100_000, "é\x00", "' OR 1=1 --"])
def test_what_is_no_token_is_nobodys(house: House, token: str) -> None:
    house.token()
    assert house.access.caller(token) is None


def test_wrong_credentials_are_one_sentence_whoever_it_is(house: House) -> None:
    told = set()
    for username, password in [(ADA, "wrong horse"), ("nobody", SECRET), (ADA, ""), (ADA, "x" * 10_000)]:
        with pytest.raises(Unauthenticated) as caught:
            house.login(username, password, f"10.0.1.{len(password) % 250}")
        told.add(str(caught.value))
    assert told == {"Wrong user name or password"}


def test_guesses_at_a_name_do_not_keep_its_user_out(house: House) -> None:
    for number in range(300):
        with pytest.raises(Unauthenticated):
            house.login(ADA, "wrong", f"10.{number // 250}.2.{number % 250}")
    attempt = house.access.attempt(ADA, "10.9.3.1")
    assert attempt.delay == 4.0, "delayed, and no more than that"
    assert house.access.login(attempt, SECRET).caller.username == ADA


def test_a_pair_of_name_and_address_has_to_wait_and_other_users_there_do_not(house: House) -> None:
    house.access.add("bob", SECRET, Role.VIEWER)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            house.login(ADA, "wrong")
    with pytest.raises(TooManyLogins, match="try again in 3 seconds"):
        house.login(ADA, SECRET)
    assert house.login("bob", SECRET).caller.username == "bob"
    assert house.login(ADA, SECRET, "10.0.0.2").caller.username == ADA
    house.time.now += timedelta(seconds=3)
    assert house.login(ADA, SECRET).caller.username == ADA


def test_a_browser_that_has_logged_in_before_has_a_count_of_its_own(house: House) -> None:
    browser = house.login(ADA, SECRET).browser
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            house.login(ADA, "wrong")
    with pytest.raises(TooManyLogins):
        house.login(ADA, SECRET)
    assert house.login(ADA, SECRET, browser=browser).caller.username == ADA
    house.access = house.again()
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            house.login(ADA, "wrong", browser=browser)
    with pytest.raises(TooManyLogins):
        house.login(ADA, SECRET, "10.0.0.7", browser)


def test_a_browser_is_known_for_the_user_that_it_logged_in_as_alone(house: House) -> None:
    house.access.add("bob", SECRET, Role.VIEWER)
    browser = house.login("bob", SECRET).browser
    for cookie in (browser, browser[:-1], "", ".", "a.1." + "0" * 64, "é" * 10, "x" * 100_000):
        house.access = house.again()
        for _ in range(5):
            with pytest.raises(Unauthenticated):
                house.login(ADA, "wrong", browser=cookie)
        with pytest.raises(TooManyLogins):
            house.login(ADA, SECRET)


def test_many_guesses_at_once_get_no_more_tries_than_one_after_the_other(house: House) -> None:
    together = threading.Barrier(20)

    def guess(number: int) -> type[Exception]:
        together.wait(60)
        with pytest.raises((Unauthenticated, TooManyLogins)) as caught:
            house.login(ADA, f"guess {number}")
        return caught.type

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(guess, range(20))).count(Unauthenticated) == 5


def test_a_new_password_ends_every_session_of_that_user_alone(house: House) -> None:
    house.access.add("bob", SECRET, Role.VIEWER)
    mine, bobs = [house.token(), house.token()], house.token("bob")
    house.access.change(ADA, password="another horse")
    for access in (house.access, house.again()):
        assert [access.caller(token) for token in mine] == [None, None]
        assert access.caller(bobs) is not None
    with pytest.raises(Unauthenticated):
        house.token()
    assert house.login(ADA, "another horse").token


def test_a_role_changes_at_once_and_without_ending_sessions(house: House) -> None:
    house.access.add("bob", SECRET, Role.VIEWER)
    token = house.token("bob")
    house.access.change("bob", role=Role.ADMIN)
    caller = house.access.caller(token)
    assert caller is not None
    assert caller.is_admin


def test_the_last_administrator_stays(house: House) -> None:
    house.access.add("bob", SECRET, Role.VIEWER)
    for act in (lambda: house.access.remove(ADA), lambda: house.access.change(ADA, role=Role.VIEWER)):
        with pytest.raises(Conflict, match=r"^ada is the last administrator$"):
            act()
    house.access.change("bob", role=Role.ADMIN)
    house.access.remove(ADA)
    assert [user.username for user in house.again().users()] == ["bob"]


def test_a_removed_users_sessions_end(house: House) -> None:
    house.access.add("bob", SECRET, Role.VIEWER)
    token = house.token("bob")
    house.access.remove("bob")
    assert house.access.caller(token) is None
    house.access.add("bob", SECRET, Role.ADMIN)
    for access in (house.access, house.again()):
        assert access.caller(token) is None, "not even for a new user of the same name"


def test_users_are_reported_by_name_and_are_unique(house: House) -> None:
    house.access.add("Bob", SECRET, Role.VIEWER)
    assert [user.username for user in house.access.users()] == ["Bob", ADA]
    with pytest.raises(Conflict, match="There is a user ada already"):
        house.access.add(ADA, SECRET, Role.VIEWER)
    for act in (lambda: house.access.remove("eve"), lambda: house.access.change("eve", role=Role.ADMIN)):
        with pytest.raises(NotFound, match="There is no user eve"):
            act()


@pytest.mark.parametrize("name", ["Ada", "ADA", "aDa"])
def test_a_new_name_that_differs_in_capitals_alone_is_refused(house: House, name: str) -> None:
    with pytest.raises(Conflict, match="There is a user ada already"):
        house.access.add(name, SECRET, Role.VIEWER)


def test_users_that_differ_in_capitals_alone_stay_as_they_are(house: House) -> None:
    (ada,) = UserRows(house.database).users()
    UserRows(house.database).put(StoredUser(username="Ada", password=ada.password, role="viewer", created=ada.created))
    house.access = house.again()
    assert [user.username for user in house.access.users()] == ["Ada", ADA]
    assert house.login("Ada", SECRET).caller.username == "Ada"
    house.access.remove("Ada")
    assert house.login(ADA, SECRET).caller.username == ADA


@pytest.mark.parametrize("name", ["", " ", "a b", "../x", "-x", "x" * 65, "é", "a\n", "a\x00"])
def test_a_name_that_is_none_is_refused(house: House, name: str) -> None:
    with pytest.raises(InvalidInput, match="A user name has"):
        house.access.add(name, SECRET, Role.VIEWER)
