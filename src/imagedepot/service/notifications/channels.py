"""The use cases of notifications: channels to list, add, remove and test; happenings to pass on to them."""

from __future__ import annotations

import base64
import logging
import secrets
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Conflict, DepotError, InvalidInput, NotFound, StorageFailure
from imagedepot.model.notices.happening import Event, Happening
from imagedepot.model.notices.notification import Channel, ChannelKind, Notice, Target
from imagedepot.protocols.notifications import NotificationRows, Sender
from imagedepot.service.notifications.delivery import Delivery
from imagedepot.service.notifications.inbox import Inbox
from imagedepot.service.notifications.wording import trial

MOST_CHANNELS: Final = 20
_LONGEST_NAME = 100
_LONGEST = 2_000
_MOST_RECIPIENTS = 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChannelState:
    """A channel, and how many happenings wait for it."""

    channel: Channel
    waiting: int


class Notifications:
    """`make_sender` checks a target and builds what sends to it; it raises `InvalidInput` and `Conflict` (what it needs
    is not installed). Without `start` nothing is sent but tests.
    """

    def __init__(
        self,
        rows: NotificationRows,
        make_sender: Callable[[Target], Sender],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._rows = rows
        self._make_sender = make_sender
        self._now = now
        self._lock = threading.Lock()
        self._channels = {each.id: each for each in rows.channels()}
        self._deliveries: dict[int, Delivery] = {}
        self._inbox = Inbox(self._pass_on)
        self._passing = threading.Lock()
        self._taken: set[int] = set()  # notices that a delivery has
        self._started = False

    def start(self) -> None:
        """Start to send, first of all what an earlier run left."""
        with self._passing, self._lock:
            waiting = self._rows.notices()
            self._rows.forget([each.id for each in waiting if each.channel not in self._channels])
            self._started = True
            self._taken = {each.id for each in waiting}
            for channel in self._channels.values():
                self._begin(channel, [each for each in waiting if each.channel == channel.id])

    def lead(self, leads: bool) -> None:
        """Where nodes share the rows one of them sends; `leads` says whether it is this one, again and again."""
        if leads and not self._started:
            self.reload()
            self.start()
        elif not leads and self._started:
            with self._lock:
                self._started = False
                deliveries, self._deliveries = list(self._deliveries.values()), {}
            for delivery in deliveries:
                delivery.stop()

    def reload(self) -> None:
        """Load again the channels, and where this node sends what waits for them: another one has changed them."""
        with self._lock:
            found = {each.id: each for each in self._rows.channels()}
            gone = [self._deliveries.pop(id_) for id_ in list(self._deliveries) if id_ not in found]
            new = [each for id_, each in found.items() if id_ not in self._channels]
            self._channels = found
            for channel in new if self._started else ():
                self._begin(channel, [])
        for delivery in gone:
            delivery.stop()
        with self._passing:
            waiting = self._rows.notices() if self._started else ()
            self._deliver([each for each in waiting if each.id not in self._taken])
            self._taken &= {each.id for each in waiting}

    def close(self, seconds: float = 2.0) -> None:
        """Stop at once; what waits is sent after the next start."""
        deadline = time.monotonic() + seconds
        self._inbox.close(seconds)
        with self._lock:
            deliveries = list(self._deliveries.values())
        for delivery in deliveries:
            delivery.stop()
        for delivery in deliveries:
            delivery.join(max(0.0, deadline - time.monotonic()))

    def tell(self, happening: Happening) -> None:
        """Pass a happening on to the channels; returns at once."""
        if any(happening.event in each.events for each in list(self._channels.values())):
            self._inbox.put(happening)

    def all(self) -> list[ChannelState]:
        with self._lock:
            return [self._state(each) for each in self._channels.values()]

    def add(self, name: str, target: Target, events: Collection[Event]) -> tuple[ChannelState, str]:
        """The channel, and the signing key that was made for a webhook without one, else "".

        Raises `InvalidInput`, `Conflict`.
        """
        _check(name, target, events)
        made = ""
        if target.kind is ChannelKind.WEBHOOK and not target.secret:
            made = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
            target = replace(target, secret=made)
        self._make_sender(target)
        with self._lock:
            if any(each.name.casefold() == name.casefold() for each in self._channels.values()):
                raise Conflict(f"There is a notification channel {name} already")
            if len(self._channels) >= MOST_CHANNELS:
                raise Conflict(f"There are {MOST_CHANNELS} notification channels already: remove one first")
            channel = self._rows.add(Channel(0, name, target, frozenset(events), self._now()))
            self._channels[channel.id] = channel
            if self._started:
                self._begin(channel, [])
            return self._state(channel), made

    def remove(self, id_: str) -> Channel:
        """Remove a channel, with what waits for it. Raises `NotFound`."""
        with self._lock:
            channel = self._find(id_)
            self._rows.remove(channel.id)
            del self._channels[channel.id]
            delivery = self._deliveries.pop(channel.id, None)
        if delivery is not None:
            delivery.stop()
        return channel

    def test(self, id_: str, cancellation: Cancellation) -> None:
        """Send a test at once. Raises `NotFound`, and the `DepotError` of what went wrong."""
        with self._lock:
            channel = self._find(id_)
        try:
            self._make_sender(channel.target).send(trial(secrets.token_hex(16), self._now()), cancellation)
        except DepotError as error:
            self._note(channel, self._state(channel).channel.sent, str(error))
            raise
        self._note(channel, self._now(), "")

    def _note(self, channel: Channel, sent: datetime | None, error: str) -> None:
        delivery = self._deliveries.get(channel.id)
        if delivery is not None:
            delivery.note(sent, error)
        elif channel.id in self._channels:
            self._channels[channel.id] = replace(channel, sent=sent, error=error)
            self._rows.note(channel.id, sent, error)

    def _begin(self, channel: Channel, waiting: Sequence[Notice]) -> None:
        delivery = Delivery(channel, lambda: self._make_sender(channel.target), self._rows, waiting, self._now)
        self._deliveries[channel.id] = delivery
        delivery.start()

    def _pass_on(self, happenings: Sequence[Happening]) -> None:
        with self._lock:
            channels = list(self._channels.values())
        wanted = [Notice(0, each.id, one) for one in happenings for each in channels if one.event in each.events]
        with self._passing:
            try:
                notices = self._rows.put(wanted)
            except StorageFailure as error:  # a full disk is one of the things to tell of
                _log.error("notifications: what happened could not be written down: %s", error)
                notices = wanted
            self._deliver(notices)

    def _deliver(self, notices: Sequence[Notice]) -> None:
        with self._lock:
            deliveries = dict(self._deliveries)
        self._taken.update(each.id for each in notices if each.id)
        for notice in notices:
            if notice.channel in deliveries:
                deliveries[notice.channel].add(notice)

    def _state(self, channel: Channel) -> ChannelState:
        delivery = self._deliveries.get(channel.id)
        if delivery is None:
            return ChannelState(channel, 0)
        return ChannelState(replace(channel, sent=delivery.sent, error=delivery.error), delivery.waiting)

    def _find(self, id_: str) -> Channel:
        channel = next((each for each in self._channels.values() if str(each.id) == id_), None)
        if channel is None:
            raise NotFound(f"There is no notification channel {id_[:40]}")
        return channel


def _check(name: str, target: Target, events: Collection[Event]) -> None:
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"name: 1 to {_LONGEST_NAME} characters on one line")
    if not events:
        raise InvalidInput("events: name at least one")
    if len(target.recipients) > _MOST_RECIPIENTS:
        raise InvalidInput(f"recipients: at most {_MOST_RECIPIENTS}")
    texts = {"address": target.address, "username": target.username, "secret": target.secret, "sender": target.sender}
    for key, text in texts.items():
        if len(text) > _LONGEST or not text.isprintable():
            raise InvalidInput(f"{key}: at most {_LONGEST} characters on one line")
