"""Notifications: channels, and what waits to be sent."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select, update

from imagedepot.database.batches import in_batches
from imagedepot.database.connection import Database
from imagedepot.database.tables import ChannelRow, NoticeRow
from imagedepot.files import stored_json
from imagedepot.model.notices.happening import Event, Happening
from imagedepot.model.notices.notification import Channel, ChannelKind, Notice, Target

_log = logging.getLogger(__name__)
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)


class NotificationRows:
    """`protocols.notifications.NotificationRows` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def channels(self) -> Sequence[Channel]:
        found: list[Channel] = []
        with self._database.session() as session:
            for row in session.scalars(select(ChannelRow).order_by(ChannelRow.id)):
                try:
                    found.append(_channel(row))
                except _UNREADABLE as error:
                    _log.warning("the notification channel %s cannot be read (%s) and is left out", row.id, error)
        return found

    def add(self, channel: Channel) -> Channel:
        target = channel.target
        row = ChannelRow(
            name=channel.name,
            kind=target.kind,
            address=target.address,
            username=target.username,
            secret=target.secret,
            sender=target.sender,
            recipients=" ".join(target.recipients),
            events=" ".join(sorted(channel.events)),
            created=channel.created,
            sent=channel.sent,
            error=channel.error,
        )
        with self._database.session() as session:
            session.add(row)
            session.flush()
            self._database.changed(session, "channels")
            return replace(channel, id=row.id)

    def remove(self, id_: int) -> None:
        with self._database.session() as session:
            session.execute(delete(NoticeRow).where(NoticeRow.channel == id_))
            session.execute(delete(ChannelRow).where(ChannelRow.id == id_))
            self._database.changed(session, "channels")

    def note(self, id_: int, sent: datetime | None, error: str) -> None:
        with self._database.session() as session:
            session.execute(update(ChannelRow).where(ChannelRow.id == id_).values(sent=sent, error=error))
            self._database.changed(session, "channels")

    def notices(self) -> Sequence[Notice]:
        found: list[Notice] = []
        with self._database.session() as session:
            for row in session.scalars(select(NoticeRow).order_by(NoticeRow.id)):
                try:
                    found.append(_notice(row))
                except _UNREADABLE as error:
                    _log.warning("the notice %s cannot be read (%s) and is left out", row.id, error)
        return found

    def put(self, notices: Sequence[Notice]) -> Sequence[Notice]:
        rows = [
            NoticeRow(
                channel=each.channel,
                event=each.happening.event,
                subject=each.happening.subject,
                text=each.happening.text,
                time=each.happening.time,
                facts=stored_json.encode(dict(each.happening.facts)).decode(),
                delivery=each.delivery,
            )
            for each in notices
        ]
        with self._database.session() as session:
            session.add_all(rows)
            session.flush()
            self._database.changed(session, "notices")
            return [replace(each, id=row.id) for each, row in zip(notices, rows, strict=True)]

    def assign(self, ids: Sequence[int], delivery: str) -> None:
        with self._database.session() as session:
            for some in in_batches(ids):
                session.execute(update(NoticeRow).where(NoticeRow.id.in_(some)).values(delivery=delivery))

    def forget(self, ids: Sequence[int]) -> None:
        with self._database.session() as session:
            for some in in_batches(ids):
                session.execute(delete(NoticeRow).where(NoticeRow.id.in_(some)))


def _channel(row: ChannelRow) -> Channel:
    """Raises one of `_UNREADABLE`. Events of a later version are left out."""
    if row.created is None:
        raise ValueError("it has no date")
    known = set(Event)
    target = Target(
        ChannelKind(row.kind), row.address, row.username, row.secret, row.sender, tuple(row.recipients.split())
    )
    events = frozenset(Event(each) for each in row.events.split() if each in known)
    return Channel(row.id, row.name, target, events, row.created, row.sent, row.error)


def _notice(row: NoticeRow) -> Notice:
    """Raises one of `_UNREADABLE`."""
    if row.time is None:
        raise ValueError("it has no date")
    facts = {str(name): value for name, value in stored_json.decode(row.facts).items() if isinstance(value, int | str)}
    happening = Happening(Event(row.event), row.subject, row.text, row.time, facts)
    return Notice(row.id, row.channel, happening, row.delivery)
