"""Setup mode: the one-time code, and the one user that it creates."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from imagedepot.errors import Conflict, DepotError, Forbidden, InvalidInput, TooManyLogins
from imagedepot.model.access.role import Role
from imagedepot.service.access.login_throttle import LoginThrottle
from imagedepot.service.access.setup import Setup
from tests.service.access.test_access import SECRET, House, Time

HERE = "10.0.0.1"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path, Time())
    yield house
    house.database.close()


def setup_of(house: House, is_reachable: bool = True) -> Setup:
    return Setup(house.access, LoginThrottle(house.time.seconds), is_reachable)


def finish(setup: Setup, code: str, username: str = "ada", address: str = HERE) -> str:
    """The session that has begun."""
    return setup.finish(setup.attempt(address), code, username, SECRET).token


def test_the_code_creates_the_administrator_who_is_logged_in(house: House) -> None:
    setup = setup_of(house)
    caller = house.access.caller(finish(setup, setup.code))
    assert caller is not None
    assert (caller.username, caller.is_admin) == ("ada", True)
    assert [user.username for user in house.access.users()] == ["ada"]


@pytest.mark.parametrize("change", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} "])
def test_the_code_may_be_typed_as_people_type(house: House, change: object) -> None:
    setup = setup_of(house)
    assert callable(change)
    assert finish(setup, change(setup.code))


def test_a_code_has_eighty_bits_and_no_letter_that_looks_like_another(house: House) -> None:
    codes = {setup_of(house).code for _ in range(200)}
    assert len(codes) == 200, "another one at each start"
    letters = {letter for code in codes for letter in code.replace("-", "")}
    assert len(letters) == 32
    assert not letters & set("01OI")
    assert {len(code) for code in codes} == {19}


def test_no_other_code_does(house: House) -> None:
    setup = setup_of(house)
    wrong = ["", "-", setup.code[:-1], f"{setup.code}X", "ÄÖÜ\ud800", "0" * 19, setup_of(house).code]
    for number, code in enumerate(wrong):
        with pytest.raises(Forbidden, match="not the code"):
            finish(setup, code, address=f"10.0.0.{number}")
    assert not house.access.has_users


def test_the_code_ends_with_the_first_user_whoever_adds_them(house: House) -> None:
    setup = setup_of(house)
    begun = setup.attempt(HERE)
    house.access.add("bob", SECRET, Role.ADMIN)
    assert not setup.is_open
    with pytest.raises(Conflict):
        setup.attempt(HERE)
    with pytest.raises(Conflict):
        setup.finish(begun, setup.code, "ada", SECRET)
    assert [user.username for user in house.access.users()] == ["bob"]


def test_where_nobody_else_can_reach_the_service_there_is_no_code_to_use(house: House) -> None:
    setup = setup_of(house, is_reachable=False)
    with pytest.raises(Conflict):
        setup.attempt(HERE)


def test_a_password_that_is_refused_leaves_the_code_as_it_is(house: House) -> None:
    setup = setup_of(house)
    for _ in range(20):
        with pytest.raises(InvalidInput):
            setup.finish(setup.attempt(HERE), setup.code, "ada", "password")
    assert finish(setup, setup.code)


def test_wrong_codes_wait_longer_and_longer_and_from_everywhere_they_are_delayed(house: House) -> None:
    setup = setup_of(house)
    for _ in range(5):
        with pytest.raises(Forbidden):
            finish(setup, "wrong")
    for _ in range(5):
        with pytest.raises(TooManyLogins):
            setup.attempt(HERE)
    for number in range(60):
        setup.attempt(f"10.1.{number}.1")
    assert setup.attempt("10.2.0.1").delay == 4.0
    house.time.now = house.time.now.replace(minute=house.time.now.minute + 5)
    assert finish(setup, setup.code), "and then the right one does"


def test_of_many_at_once_with_the_code_one_becomes_the_administrator(house: House) -> None:
    setup = setup_of(house)
    ready = threading.Barrier(8)

    def race(number: int) -> str:
        attempt = setup.attempt(f"10.0.0.{number}")
        ready.wait(30)
        try:
            return setup.finish(attempt, setup.code, f"user{number}", SECRET).caller.username
        except DepotError as error:
            assert isinstance(error, Conflict)
            return ""

    with ThreadPoolExecutor(8) as pool:
        winners = [name for name in pool.map(race, range(8)) if name]
    assert [user.username for user in house.access.users()] == winners
    assert len(winners) == 1
