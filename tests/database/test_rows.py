"""Downloads, users and settings as rows: what goes in comes out, also after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from imagedepot.database.backends.place import Place
from imagedepot.database.connection import Database
from imagedepot.database.pinned import (
    parts_from_json,
    parts_to_json,
    request_from_json,
    request_to_json,
    resolved_from_json,
    resolved_to_json,
)
from imagedepot.database.rows.downloads import DownloadRows
from imagedepot.database.rows.settings import SettingRows
from imagedepot.database.rows.tokens import TokenRows
from imagedepot.database.rows.users import UserRows
from imagedepot.database.stored import stored_settings
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.depot import BUILT_IN, DOCKERHUB, DepotId
from imagedepot.model.digest import Digest
from imagedepot.model.download import DownloadStatus, Part, PartStatus
from imagedepot.model.image import ImageRequest, ImageType, Remark, RemoteFile, ResolvedLxc, ResolvedOci
from imagedepot.model.names.reference import Reference
from imagedepot.model.platform import Platform
from imagedepot.protocols.rows import StoredSession, StoredToken, StoredUser

NOON = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
ARM = Platform.parse("linux/arm/v6")
REQUEST = ImageRequest(DOCKERHUB, ImageType.DOCKER, "lab/app", "1", ARM, Remark("ü"))

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
digests = st.binary(max_size=4).flatmap(
    lambda content: st.sampled_from([Digest.of(content), Digest.of(content, "sha512")])
)
platforms = st.none() | st.sampled_from([ARM, Platform.parse("linux/amd64"), Platform.parse("windows/amd64")])
descriptors = st.builds(
    Descriptor,
    texts,
    digests,
    st.integers(0, 1 << 50),
    platforms,
    st.dictionaries(texts, texts, max_size=2),
    st.lists(texts, max_size=2).map(tuple),
)
references = st.sampled_from([Reference.parse(text) for text in ("redis:7", "ghcr.io/a/b", "a/b@sha256:" + "ab" * 32)])
oci = st.builds(
    ResolvedOci,
    references,
    descriptors,
    descriptors,
    descriptors,
    st.lists(descriptors, max_size=3).map(tuple),
    platforms,
    texts,
)
lxc = st.builds(
    ResolvedLxc,
    texts,
    texts,
    st.lists(st.builds(RemoteFile, texts, st.none() | st.integers(0, 9), st.none() | digests), max_size=2).map(tuple),
    st.none() | texts,
    st.dictionaries(texts, texts, max_size=2),
    st.none() | st.datetimes(datetime(2, 1, 1), timezones=st.just(UTC)),
    texts,
)


@given(oci | lxc)
def test_whatever_was_pinned_comes_back_as_it_was(resolved: ResolvedOci | ResolvedLxc) -> None:
    assert resolved_from_json(resolved_to_json(resolved)) == resolved


@given(
    st.builds(
        ImageRequest,
        st.sampled_from([*BUILT_IN, DepotId("registry-2")]),
        st.sampled_from(ImageType),
        texts,
        texts,
        platforms,
        st.builds(Remark, texts, texts, texts),
    )
)
def test_whatever_was_asked_for_comes_back_as_it_was(request: ImageRequest) -> None:
    assert request_from_json(request_to_json(request)) == request


@given(st.lists(st.builds(Part, texts, st.none() | st.integers(0), st.integers(0, 9), st.sampled_from(PartStatus))))
def test_parts_come_back_as_they_were(parts: list[Part]) -> None:
    small = [replace(part, size=None if part.size is None else part.size % (1 << 60)) for part in parts]
    assert parts_from_json(parts_to_json(small)) == tuple(small)


class House:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.database = Database(place)

    def again(self) -> Database:
        self.database.close()
        self.database = Database(self.place)
        return self.database


@pytest.fixture
def house(place: Place) -> Iterator[House]:
    house = House(place)
    yield house
    house.database.close()


def test_a_download_is_the_same_after_a_restart(house: House) -> None:
    rows = DownloadRows(house.database)
    waiting = rows.add(REQUEST, NOON)
    assert (waiting.request, waiting.status, waiting.created) == (REQUEST, DownloadStatus.WAITING, NOON)
    assert list(DownloadRows(house.again()).all()) == [(waiting, None)]


def test_a_download_is_not_pinned_to_an_image_of_another_type(house: House) -> None:
    rows = DownloadRows(house.database)
    download = rows.add(REQUEST, NOON)
    rows.pin(download.id, ResolvedLxc("lab/app", "", (), None, {}, None, ""))
    assert list(rows.all()) == [(download, None)]


def test_an_ended_download_keeps_its_parts_and_its_words(house: House) -> None:
    rows = DownloadRows(house.database)
    download = rows.add(REQUEST, NOON)
    ended = replace(
        download,
        status=DownloadStatus.FAILED,
        ended=NOON + timedelta(hours=1),
        error="it broke",
        reason="storage_failure",
        warning="beware",
        parts=(Part("sha256-x", 10, 7, PartStatus.DOWNLOADING),),
        sized=True,
    )
    rows.save(ended)
    assert list(DownloadRows(house.again()).all()) == [(ended, None)]


def test_a_pin_is_kept_until_the_end_and_dropped_by_a_retry(house: House) -> None:
    rows = DownloadRows(house.database)
    download = rows.add(REQUEST, NOON)
    one = Descriptor("x", Digest.of(b"x"), 1)
    resolved = ResolvedOci(Reference.parse("lab/app:1"), one, one, one, (one,))
    rows.pin(download.id, resolved)
    assert [pinned for _, pinned in DownloadRows(house.again()).all()] == [resolved]
    rows = DownloadRows(house.database)
    rows.save(replace(download, status=DownloadStatus.CANCELLED, ended=NOON))
    assert [pinned for _, pinned in rows.all()] == [None]
    rows.save(download)
    assert [pinned for _, pinned in rows.all()] == [None], "asked for again, the tag is asked again"


def test_numbers_are_never_given_twice(house: House) -> None:
    rows = DownloadRows(house.database)
    first = rows.add(REQUEST, NOON)
    rows.remove([first.id])
    assert DownloadRows(house.again()).add(REQUEST, NOON).id != first.id


def test_only_ended_ones_are_forgotten_with_time(house: House) -> None:
    rows = DownloadRows(house.database)
    waiting, ended = rows.add(REQUEST, NOON), rows.add(REQUEST, NOON)
    rows.save(replace(ended, status=DownloadStatus.DONE, ended=NOON))
    rows.remove_ended_before(NOON)
    assert len(list(rows.all())) == 2
    rows.remove_ended_before(NOON + timedelta(days=1))
    assert [download.id for download, _ in rows.all()] == [waiting.id]


def test_times_are_utc_whatever_went_in(house: House) -> None:
    east = timezone(timedelta(hours=9))
    download = DownloadRows(house.database).add(REQUEST, NOON.astimezone(east))
    ((again, _),) = DownloadRows(house.again()).all()
    assert again.created == download.created == NOON
    assert again.created.tzinfo is UTC


def test_a_users_sessions_go_with_the_user(house: House) -> None:
    rows = UserRows(house.database)
    for name in ("ada", "bob"):
        rows.put(StoredUser(username=name, password="hash", role="viewer", created=NOON))
        rows.put_session(StoredSession(token=f"{name}1", username=name, login=NOON, expires=NOON + timedelta(days=1)))
    rows.put_session(StoredSession(token="old", username="bob", login=NOON, expires=NOON))
    rows.remove("ada")
    rows = UserRows(house.again())
    assert [(user.username, user.role) for user in rows.users()] == [("bob", "viewer")]
    assert [session.token for session in rows.sessions(NOON)] == ["bob1"]
    rows.end_sessions("bob")
    assert rows.sessions(NOON) == []


def test_settings_are_read_before_the_database_is_opened(house: House) -> None:
    rows = SettingRows(house.database)
    rows.put("IMAGEDEPOT_BANDWIDTH", "1MB/s")
    rows.put("IMAGEDEPOT_BANDWIDTH", "2MB/s")
    rows.put("IMAGEDEPOT_LOG_LEVEL", "debug")
    rows.remove("IMAGEDEPOT_LOG_LEVEL")
    rows.remove("IMAGEDEPOT_LOG_LEVEL")
    assert stored_settings(house.place) == {"IMAGEDEPOT_BANDWIDTH": "2MB/s"}


def test_before_the_first_start_nothing_is_stored_and_no_file_is_made(tmp_path: Path) -> None:
    path = tmp_path / "imagedepot.db"
    assert stored_settings(path) == {}
    assert not path.exists()
    path.write_bytes(b"no database" * 1000)
    assert stored_settings(path) == {}


@pytest.fixture
def loose(tmp_path: Path) -> Iterator[House]:
    """SQLite, which keeps a text in a column of times."""
    house = House(tmp_path / "imagedepot.db")
    yield house
    house.database.close()


def test_a_user_whose_date_cannot_be_read_is_still_a_user(loose: House) -> None:
    rows = UserRows(loose.database)
    rows.put(StoredUser(username="ada", password="hash", role="administrator", created=NOON))
    with loose.database.session() as session:
        session.execute(text("UPDATE users SET created = 'yesterday'"))
    ((ada),) = UserRows(loose.again()).users()
    assert (ada.username, ada.password, ada.role, ada.created) == ("ada", "hash", "administrator", None)


def test_a_download_that_cannot_be_read_costs_that_one(loose: House) -> None:
    rows = DownloadRows(loose.database)
    first, second = rows.add(REQUEST, NOON), rows.add(REQUEST, NOON)
    with loose.database.session() as session:
        session.execute(text("UPDATE downloads SET created = '2026-13-45' WHERE id = :id"), {"id": int(first.id)})
    assert [download.id for download, _ in DownloadRows(loose.again()).all()] == [second.id]


def test_a_pin_that_cannot_be_read_lets_the_tag_be_asked_again(loose: House) -> None:
    download = DownloadRows(loose.database).add(REQUEST, NOON)
    with loose.database.session() as session:
        session.execute(text("UPDATE downloads SET resolved = '{}'"))
    assert list(DownloadRows(loose.again()).all()) == [(download, None)]


def test_a_token_whose_end_cannot_be_read_is_void_and_not_without_an_end(loose: House) -> None:
    rows = TokenRows(loose.database)
    for name, expires in (("ends", NOON), ("never ends", None)):
        rows.add(StoredToken(0, name, "bob", f"hash of {name}", "read", "*", NOON, expires, None))
    with loose.database.session() as session:
        session.execute(text("UPDATE tokens SET expires = 'soon' WHERE name = 'ends'"))
    assert [row.name for row in rows.all()] == ["never ends"]
