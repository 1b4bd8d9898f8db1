"""Channels by which people are notified, and what they are sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from imagedepot.model.notices.happening import Event, Happening


class ChannelKind(StrEnum):
    """The values are those of the API."""

    WEBHOOK = "webhook"
    NTFY = "ntfy"
    EMAIL = "email"
    APPRISE = "apprise"
    MQTT = "mqtt"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a channel leads, as an administrator wrote it.

    `secret` is a webhook's signing key, a token, or the password of `username`. `sender` and `recipients` are mail
    addresses. `address` may hold secrets too, beyond its host.
    """

    kind: ChannelKind
    address: str
    username: str = ""
    secret: str = field(default="", repr=False)
    sender: str = ""
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Channel:
    """`sent` is when a message last arrived (UTC), `error` why the latest did not, "" if it did."""

    id: int
    name: str
    target: Target
    events: frozenset[Event]
    created: datetime
    sent: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A happening that waits for a channel. `delivery` is the message that it goes with, "" before there is one.

    `id` is that of its row; 0 where it could not be written down.
    """

    id: int
    channel: int
    happening: Happening
    delivery: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel is sent at a time: one happening, or several. `id` stays the same when it is sent once more.

    `lost` happenings had to be left out because too many waited.
    """

    id: str
    time: datetime
    title: str
    text: str
    happenings: Sequence[Happening]
    lost: int = 0
