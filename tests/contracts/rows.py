"""What every database of rows promises (`imagedepot.protocols.rows`). Another one's test is a subclass with one
fixture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from imagedepot.model.access.audit import AuditEvent, AuditOutcome, AuditQuery
from imagedepot.model.depot import APPCENTER
from imagedepot.model.digest import Digest
from imagedepot.model.download import DownloadStatus, Part, PartStatus, Remedy
from imagedepot.model.image import ImageRequest, ImageType, RemoteFile, ResolvedLxc
from imagedepot.model.notices.happening import Event, Happening
from imagedepot.model.notices.notification import Channel, ChannelKind, Notice, Target
from imagedepot.protocols.notifications import NotificationRows
from imagedepot.protocols.rows import (
    AuditRows,
    DownloadRows,
    SettingRows,
    StoredSession,
    StoredSetting,
    StoredToken,
    StoredUser,
    TokenRows,
    UserRows,
)

NOON = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
REQUEST = ImageRequest(APPCENTER, ImageType.LXC, "lab/app", "latest")
PINNED = ResolvedLxc("lab/app", "", (RemoteFile("https://files.test/a", 3, Digest.of(b"abc")),), None, {}, None, "")
ADA = StoredUser("ada", "hash", "administrator", NOON)
BOB = StoredUser("bob", "hash", "viewer", NOON)


CHANNEL = Channel(
    0,
    "home",
    Target(ChannelKind.EMAIL, "smtp://mail.lan", "ada", "secret", "a@lan", ("b@lan", "c@lan")),
    frozenset({Event.FAILED, Event.LOW_DISK}),
    NOON,
)


@dataclass
class Rows:
    downloads: DownloadRows
    users: UserRows
    tokens: TokenRows
    settings: SettingRows
    notifications: NotificationRows
    audit: AuditRows


def token(username: str, hashed: str) -> StoredToken:
    return StoredToken(0, "ci", username, hashed, "pull push", "*", NOON, NOON + HOUR, None)


def session(username: str, hours: int) -> StoredSession:
    return StoredSession(f"{username}{hours}", username, NOON, NOON + hours * HOUR)


def event(**changes: object) -> AuditEvent:
    made = AuditEvent(
        NOON, "ada", "7", "192.0.2.1", "user.add", "bob", AuditOutcome.DONE, "role=viewer", "", "4f1c2a9b77aa"
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def found(rows: Rows, limit: int = 100, **query: object) -> list[str]:
    """The targets of the events that fit."""
    return [each.target for each in rows.audit.find(AuditQuery(**query), limit)]  # type: ignore[arg-type]


class RowsContract:
    """Subclasses give the fixture `rows`, empty."""

    def test_downloads_come_back_in_order_of_asking(self, rows: Rows) -> None:
        later = rows.downloads.add(REQUEST, NOON + HOUR)
        first, second = rows.downloads.add(REQUEST, NOON), rows.downloads.add(REQUEST, NOON)
        assert (first.request, first.status, first.created) == (REQUEST, DownloadStatus.WAITING, NOON)
        assert list(rows.downloads.all()) == [(first, None), (second, None), (later, None)]

    def test_downloads_with_a_turn_come_first_in_its_order(self, rows: Rows) -> None:
        asked = [rows.downloads.add(REQUEST, NOON) for _ in range(4)]
        rows.downloads.pin(asked[2].id, PINNED)
        rows.downloads.set_turns({asked[2].id: 0, asked[1].id: 1})
        assert [each.id for each, _ in rows.downloads.all()] == [asked[at].id for at in (2, 1, 0, 3)]
        assert next(iter(rows.downloads.all())) == (replace(asked[2], turn=0), PINNED)
        rows.downloads.save(replace(asked[2], status=DownloadStatus.WAITING, created=NOON + HOUR))
        assert [each.id for each, _ in rows.downloads.all()] == [asked[at].id for at in (1, 0, 3, 2)]

    def test_a_failure_keeps_what_helps_against_it(self, rows: Rows) -> None:
        download = rows.downloads.add(REQUEST, NOON)
        remedy = Remedy("registry.lan", 13, ("linux/arm64",), NOON + HOUR)
        failed = replace(download, status=DownloadStatus.FAILED, ended=NOON, remedy=remedy)
        rows.downloads.save(failed)
        assert list(rows.downloads.all()) == [(failed, None)]

    def test_a_download_is_pinned_until_it_ends(self, rows: Rows) -> None:
        download = rows.downloads.add(REQUEST, NOON)
        rows.downloads.pin(download.id, PINNED)
        assert list(rows.downloads.all()) == [(download, PINNED)]
        parts = (Part("sha256-x", 10, 7, PartStatus.DOWNLOADING),)
        ended = replace(
            download, status=DownloadStatus.FAILED, ended=NOON + HOUR, error="it broke", parts=parts, sized=True
        )
        rows.downloads.save(ended)
        assert list(rows.downloads.all()) == [(ended, None)]

    def test_a_download_that_is_asked_for_again_is_pinned_no_more(self, rows: Rows) -> None:
        download = rows.downloads.add(REQUEST, NOON)
        rows.downloads.pin(download.id, PINNED)
        again = replace(download, created=NOON + HOUR)
        rows.downloads.save(again)
        assert list(rows.downloads.all()) == [(again, None)]

    def test_downloads_go_by_id_or_by_age(self, rows: Rows) -> None:
        old, new, other, running = (rows.downloads.add(REQUEST, NOON) for _ in range(4))
        for each, hours in ((old, 1), (new, 3), (other, 3)):
            rows.downloads.save(replace(each, status=DownloadStatus.DONE, ended=NOON + hours * HOUR))
        rows.downloads.remove_ended_before(NOON + 2 * HOUR)
        rows.downloads.remove([new.id, "999"])
        assert [each.id for each, _ in rows.downloads.all()] == [other.id, running.id]

    def test_an_id_of_a_removed_download_is_not_given_again(self, rows: Rows) -> None:
        gone = rows.downloads.add(REQUEST, NOON)
        rows.downloads.remove([gone.id])
        assert rows.downloads.add(REQUEST, NOON).id != gone.id

    def test_users_come_by_name_and_are_replaced_by_name(self, rows: Rows) -> None:
        for user in (BOB, ADA, replace(BOB, role="member")):
            rows.users.put(user)
        assert list(rows.users.users()) == [ADA, replace(BOB, role="member")]

    def test_a_user_takes_sessions_and_tokens_along(self, rows: Rows) -> None:
        for user in (ADA, BOB):
            rows.users.put(user)
            rows.users.put_session(session(user.username, 1))
            rows.tokens.add(token(user.username, f"hash of {user.username}"))
        rows.users.remove("bob")
        assert list(rows.users.users()) == [ADA]
        assert list(rows.users.sessions(NOON)) == [session("ada", 1)]
        assert [each.username for each in rows.tokens.all()] == ["ada"]

    def test_sessions_end_by_time_by_token_and_by_user(self, rows: Rows) -> None:
        for name, hours in (("ada", 1), ("ada", 2), ("ada", 3), ("bob", 3)):
            rows.users.put_session(session(name, hours))
        assert {each.token for each in rows.users.sessions(NOON + HOUR)} == {"ada2", "ada3", "bob3"}
        assert len(rows.users.sessions(NOON)) == 3, "what has expired stays gone, also when the clock goes back"
        rows.users.end_session("ada2")
        assert {each.token for each in rows.users.sessions(NOON)} == {"ada3", "bob3"}
        rows.users.put_session(replace(session("bob", 3), expires=NOON + 9 * HOUR))
        rows.users.end_sessions("ada")
        assert list(rows.users.sessions(NOON)) == [replace(session("bob", 3), expires=NOON + 9 * HOUR)]

    def test_a_token_gets_an_id_of_its_own_for_ever(self, rows: Rows) -> None:
        first, second = rows.tokens.add(token("ada", "one")), rows.tokens.add(token("ada", "two"))
        assert list(rows.tokens.all()) == [first, second]
        assert (first, second) == (
            replace(token("ada", "one"), id=first.id),
            replace(token("ada", "two"), id=second.id),
        )
        rows.tokens.remove(second.id)
        assert rows.tokens.add(token("ada", "three")).id not in (first.id, second.id)

    def test_the_last_use_of_a_token_is_noted(self, rows: Rows) -> None:
        added = rows.tokens.add(token("ada", "one"))
        rows.tokens.note_use(added.id, NOON + HOUR)
        assert list(rows.tokens.all()) == [replace(added, last_used=NOON + HOUR)]

    def test_settings_are_put_replaced_and_removed(self, rows: Rows) -> None:
        for name, value in (("A", "1"), ("B", "ü"), ("A", "2")):
            rows.settings.put(name, value)
        assert sorted(rows.settings.all(), key=lambda each: each.name) == [
            StoredSetting("A", "2"),
            StoredSetting("B", "ü"),
        ]
        rows.settings.remove("A")
        rows.settings.remove("A")
        assert list(rows.settings.all()) == [StoredSetting("B", "ü")]

    def test_channels_come_back_as_they_are_with_how_they_fared(self, rows: Rows) -> None:
        first, second = rows.notifications.add(CHANNEL), rows.notifications.add(replace(CHANNEL, name="other"))
        assert rows.notifications.channels() == [replace(CHANNEL, id=first.id), second]
        rows.notifications.note(first.id, NOON + HOUR, "it broke")
        assert rows.notifications.channels()[0] == replace(first, sent=NOON + HOUR, error="it broke")

    def test_notices_wait_in_order_under_their_message_until_they_are_forgotten(self, rows: Rows) -> None:
        channel = rows.notifications.add(CHANNEL)
        news = [
            Notice(0, channel.id, Happening(Event.FAILED, f"{number}", "no", NOON, {"n": number, "é": "ü"}))
            for number in range(3)
        ]
        kept = rows.notifications.put(news)
        assert rows.notifications.notices() == kept == [replace(each, id=kept[at].id) for at, each in enumerate(news)]
        rows.notifications.assign([kept[0].id, kept[1].id], "abc")
        rows.notifications.forget([kept[1].id, 999])
        assert rows.notifications.notices() == [replace(kept[0], delivery="abc"), kept[2]]

    def test_a_channel_goes_with_what_waits_for_it_and_its_id_is_never_given_again(self, rows: Rows) -> None:
        first, second = rows.notifications.add(CHANNEL), rows.notifications.add(CHANNEL)
        news = Happening(Event.FAILED, "x", "no", NOON)
        rows.notifications.put([Notice(0, first.id, news), Notice(0, second.id, news)])
        rows.notifications.remove(second.id)
        assert [each.channel for each in rows.notifications.notices()] == [first.id]
        assert rows.notifications.add(CHANNEL).id > second.id

    def test_events_of_the_audit_trail_come_back_newest_first_and_page_by_page(self, rows: Rows) -> None:
        rows.audit.add([event(target=str(number)) for number in range(3)])
        rows.audit.add([event(target="3")])
        every = rows.audit.find(AuditQuery(), 100)
        assert [each.target for each in every] == ["3", "2", "1", "0"]
        assert replace(every[3], id=0) == event(target="0")
        assert found(rows, limit=2) == ["3", "2"]
        assert found(rows, limit=2, before=every[1].id) == ["1", "0"]

    def test_events_are_found_by_everything_that_a_query_names(self, rows: Rows) -> None:
        rows.audit.add(
            [
                event(target="a", actor="bob", time=NOON),
                event(target="b", action="user.remove", time=NOON + HOUR),
                event(target="c", action="userland", time=NOON + 2 * HOUR),
                event(target="d%", outcome=AuditOutcome.REFUSED, error="Only an Administrator may"),
                event(target="e", address="2001:db8::1", action="a_b.c"),
            ]
        )
        assert found(rows, actor="bob") == ["a"]
        assert found(rows, action="user") == ["d%", "b", "a"]
        assert found(rows, action="user.remove") == ["b"]
        assert found(rows, action="a_b") == ["e"]
        assert found(rows, action="a%") == []
        assert found(rows, outcome=AuditOutcome.REFUSED) == ["d%"]
        assert found(rows, address="2001:db8::1") == ["e"]
        assert found(rows, text="administrator") == ["d%"]
        assert found(rows, text="%") == ["d%"]
        assert found(rows, since=NOON + HOUR) == ["c", "b"]
        assert found(rows, since=NOON + HOUR, until=NOON + 2 * HOUR) == ["b"]
        assert found(rows, actor="bob", action="user.remove") == []

    def test_events_go_by_age_and_by_number_refused_ones_first(self, rows: Rows) -> None:
        rows.audit.add([event(target="old", time=NOON - HOUR), event(target="new")])
        rows.audit.remove_before(NOON)
        assert found(rows) == ["new"]
        refused = [event(target=f"refused{number}", outcome=AuditOutcome.REFUSED) for number in range(3)]
        rows.audit.add([*refused, *(event(target=f"done{number}") for number in range(3))])
        rows.audit.keep_newest(5)
        assert found(rows) == ["done2", "done1", "done0", "refused2", "new"]
        rows.audit.keep_newest(2)
        assert found(rows) == ["done2", "done1"]
        last = rows.audit.find(AuditQuery(), 1)[0].id
        rows.audit.keep_newest(0)
        rows.audit.add([event()])
        assert rows.audit.find(AuditQuery(), 1)[0].id > last
