"""The cookie by which a browser is known again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from imagedepot.database.connection import Database
from imagedepot.database.rows.signing_keys import SigningKeys
from imagedepot.service.access.known_browsers import LIFETIME, KnownBrowsers

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_it_is_known_for_a_year_and_is_another_each_time() -> None:
    now = NOON
    browsers = KnownBrowsers(b"key", lambda: now)
    one, other = browsers.cookie("ada"), browsers.cookie("ada")
    assert browsers.known(one, "ada") not in ("", browsers.known(other, "ada"))
    assert browsers.known(one, "Ada") == ""
    now += LIFETIME
    assert browsers.known(one, "ada") == ""


def test_another_key_knows_it_not_and_the_key_outlives_a_restart(tmp_path: Path) -> None:
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
    database = Database(tmp_path / "one/imagedepot.db")
    key = SigningKeys(database).get("browsers")
    cookie = KnownBrowsers(key).cookie("ada")
    assert SigningKeys(database).get("browsers") == key
    assert SigningKeys(database).get("else") != key
    database.close()
    elsewhere = Database(tmp_path / "other/imagedepot.db")
    assert KnownBrowsers(SigningKeys(elsewhere).get("browsers")).known(cookie, "ada") == ""
    elsewhere.close()


def test_a_key_that_is_none_is_made_again(tmp_path: Path) -> None:
    database = Database(tmp_path / "imagedepot.db")
    SigningKeys(database).get("browsers")
    for broken in ("", "zz", "00"):
        with database.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE signing_keys SET value = ?", (broken,))
        assert len(SigningKeys(database).get("browsers")) == 32
    database.close()
