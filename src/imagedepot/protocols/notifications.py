"""What notifications need of the outside: rows that outlive a restart, and senders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from imagedepot.cancellation import Cancellation
from imagedepot.model.notices.notification import Channel, Message, Notice


class Sender(Protocol):
    """Sends to one target."""

    def send(self, message: Message, cancellation: Cancellation) -> None:
        """Return once the receiver has it. Raises a `DepotError`, `TimedOut` at the deadline."""


class NotificationRows(Protocol):
    """Every change is durable when the call returns. Every call may raise `StorageFailure`."""

    def channels(self) -> Sequence[Channel]:
        """The channels by id; those that cannot be read are left out."""

    def add(self, channel: Channel) -> Channel:
        """The channel with its id, which is never given again; that of `channel` does not count."""

    def remove(self, id_: int) -> None:
        """The channel, and every notice that waits for it."""

    def note(self, id_: int, sent: datetime | None, error: str) -> None:
        """Save when the latest message arrived, or why it did not."""

    def notices(self) -> Sequence[Notice]:
        """All waiting notices, in order of happening; those that cannot be read are left out."""

    def put(self, notices: Sequence[Notice]) -> Sequence[Notice]:
        """Add notices; returns them with their ids."""

    def assign(self, ids: Sequence[int], delivery: str) -> None:
        """Assign these notices to a message."""

    def forget(self, ids: Sequence[int]) -> None:
        """Delete these notices, which need not be sent any more."""
