"""Rows of notifications that end with the test."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from imagedepot.errors import StorageFailure
from imagedepot.model.notices.notification import Channel, Notice


class MemoryNotifications:
    """`protocols.notifications.NotificationRows` that end with the test; `full` like a disk."""

    def __init__(self) -> None:
        self._channels: dict[int, Channel] = {}
        self._notices: dict[int, Notice] = {}
        self._ids = itertools.count(1)
        self.full = False

    def _check(self) -> None:
        if self.full:
            raise StorageFailure("The database refused a change: database or disk is full")

    def channels(self) -> Sequence[Channel]:
        return list(self._channels.values())

    def add(self, channel: Channel) -> Channel:
        self._check()
        added = replace(channel, id=next(self._ids))
        self._channels[added.id] = added
        return added

    def remove(self, id_: int) -> None:
        self._channels.pop(id_, None)
        self._notices = {key: each for key, each in self._notices.items() if each.channel != id_}

    def note(self, id_: int, sent: datetime | None, error: str) -> None:
        self._check()
        if id_ in self._channels:
            self._channels[id_] = replace(self._channels[id_], sent=sent, error=error)

    def notices(self) -> Sequence[Notice]:
        return list(self._notices.values())

    def put(self, notices: Sequence[Notice]) -> Sequence[Notice]:
        self._check()
        added = [replace(each, id=next(self._ids)) for each in notices]
        self._notices.update({each.id: each for each in added})
        return added

    def assign(self, ids: Sequence[int], delivery: str) -> None:
        self._check()
        for each in ids:
            if each in self._notices:
                self._notices[each] = replace(self._notices[each], delivery=delivery)

    def forget(self, ids: Sequence[int]) -> None:
        for each in ids:
            self._notices.pop(each, None)
