"""Addresses of PostgreSQL: which are taken, and that nothing secret of one is ever shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.config import load
from imagedepot.errors import InvalidSetting
from imagedepot.model.names.postgres_address import PostgresAddress, without_password

NAME = "IMAGEDEPOT_DATABASE"
SECRET = "hunter2"


@pytest.mark.parametrize(
    ("text", "place", "has_password"),
    [
        ("postgresql://ada@db.lan/depot", "postgresql://db.lan/depot", False),
        ("postgres://ada:x@db.lan:5433/depot", "postgresql://db.lan:5433/depot", True),
        ("postgresql://one,two:5433/depot?sslmode=verify-full", "postgresql://one,two:5433/depot", False),
        ("postgresql:///depot?host=/run/postgresql", "postgresql:///run/postgresql/depot", False),
        ("postgresql://[::1]:5432/de%20pot", "postgresql://[::1]:5432/de pot", False),
    ],
)
def test_an_address_is_taken_and_shown_without_its_user(text: str, place: str, has_password: bool) -> None:
    address = PostgresAddress.parse(text)
    assert (str(address), address.uri, address.has_password) == (place, text, has_password)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"mysql://ada:{SECRET}@db/depot", "not an address such as postgresql://"),
        (f"host=db password={SECRET}", "not an address such as postgresql://"),
        (f"postgresql://ada:{SECRET}@db", "it names no database"),
        (f"postgresql://ada:{SECRET}/x@db/depot", "it names no database"),
        (f"postgresql://ada:{SECRET}?@db/depot", "it names no database"),
        (f"postgresql://ada:{SECRET}#@db/depot", "characters that an address cannot have"),
        (f"postgresql://ada:{SECRET} x@db/depot", "characters that an address cannot have"),
        (f"postgresql://db/depot?password={SECRET}", "there is no option 'password'"),
    ],
)
def test_a_wrong_one_is_refused_without_a_word_of_its_password(text: str, reason: str) -> None:
    with pytest.raises(InvalidSetting, match=reason) as told:
        load({NAME: text}, {"HOME": "/home/ada"}, ())
    assert SECRET not in str(told.value)
    assert SECRET not in repr(told.value.__cause__)


def test_settings_show_where_it_is_and_no_password() -> None:
    settings = load({NAME: f"postgresql://ada:{SECRET}@db.lan/depot?sslmode=require"}, {"HOME": "/home/ada"}, ())
    row = next(each for each in settings.rows() if each.name == NAME)
    assert row.value == "postgresql://…@db.lan/depot?…"
    assert SECRET not in repr(settings)


def test_a_password_is_given_once() -> None:
    name = "IMAGEDEPOT_DATABASE_PASSWORD_FILE"
    for text, reason in (("", "names no database"), ("postgresql://ada:x@db/depot", "has a password already")):
        flags = {name: "/run/secrets/password", **({NAME: text} if text else {})}
        with pytest.raises(InvalidSetting, match=reason):
            load(flags, {"HOME": "/home/ada"}, ())
    settings = load({name: "/run/secrets/password", NAME: "postgresql://ada@db/depot"}, {"HOME": "/home/ada"}, ())
    assert settings.database is not None
    assert str(settings.database.password_file) == "/run/secrets/password"


@given(st.text(alphabet="abc:/?#@= %&", max_size=20), st.sampled_from(["", "postgresql://", "x://"]))
def test_what_is_before_the_last_at_is_never_shown(text: str, start: str) -> None:
    assert "Z" not in without_password(f"{start}Z{text}Z@db/depot")
