"""Channels by which people are notified."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec

from imagedepot.model.notices.happening import Event
from imagedepot.model.notices.notification import ChannelKind, Target
from imagedepot.wire.v1.base import Answer, Body, Count, about, moment

if TYPE_CHECKING:
    from imagedepot.service.notifications.channels import ChannelState

_PLACE = re.compile(r"[^/?#\\]*")


class NotificationChannel(Answer):
    """A channel; its secrets are not shown."""

    id: str
    name: str
    kind: ChannelKind
    address: Annotated[str, about("As far as its host: what follows may be a secret.")]
    username: Annotated[str, about("Of the login at the server; empty for none.")]
    sender: Annotated[str, about("Mail address; empty for other kinds.")]
    recipients: Annotated[list[str], about("Mail addresses.")]
    events: Annotated[list[Event], about("The events that it receives.")]
    created: datetime
    sent: Annotated[datetime | None, about("When a message last arrived; null for not yet.")]
    error: Annotated[str | None, about("Why the latest message did not arrive; null if it did.")]
    waiting: Annotated[Count, about("Happenings that are still to be sent.")]

    @classmethod
    def of(cls, state: ChannelState) -> NotificationChannel:
        channel, target = state.channel, state.channel.target
        return cls(
            id=str(channel.id),
            name=channel.name,
            kind=target.kind,
            address=shown(target.address, target.kind),
            username=target.username,
            sender=target.sender,
            recipients=list(target.recipients),
            events=[each for each in Event if each in channel.events],
            created=moment(channel.created),
            sent=moment(channel.sent),
            error=channel.error or None,
            waiting=state.waiting,
        )


class NewNotificationChannel(NotificationChannel):
    """A channel that was just added. `secret` is never shown again."""

    secret: Annotated[str | None, about("The signing key that was made for a webhook without one; else null.")]

    @classmethod
    def with_secret(cls, state: ChannelState, made: str) -> NewNotificationChannel:
        return cls(**msgspec.structs.asdict(NotificationChannel.of(state)), secret=made or None)


class ChannelRequest(Body):
    """The channel to add."""

    name: Annotated[str, about("1 to 100 characters; another one for each channel.")]
    kind: ChannelKind
    address: Annotated[
        str,
        about(
            "webhook: http(s)://…; ntfy: https://HOST/TOPIC; email: smtp://HOST (STARTTLS), smtps://HOST (TLS) or "
            "smtp+plain://HOST; mqtt: mqtt://HOST or mqtts://HOST; apprise: any address of Apprise."
        ),
    ]
    username: Annotated[str | None, about("email, mqtt: of the login.")] = None
    secret: Annotated[
        str | None, about("webhook: the signing key, made here if there is none; ntfy: a token; else the password.")
    ] = None
    sender: Annotated[str | None, about("email: the mail address that messages come from.")] = None
    recipients: Annotated[list[str] | None, about("email: the mail addresses that they go to.")] = None
    events: Annotated[list[Event] | None, about("What to tell of; everything if nothing is said.")] = None

    @property
    def target(self) -> Target:
        return Target(
            self.kind,
            self.address.strip(),
            self.username or "",
            self.secret or "",
            self.sender or "",
            tuple(self.recipients or ()),
        )


def shown(address: str, kind: ChannelKind) -> str:
    """The address without what may be a secret: all but scheme, host and port, and all of Apprise's but the scheme.

    Of what is no address nothing is shown: this is also what the log has of one that is refused.
    """
    scheme, colon, rest = address.partition("://")
    if not colon:
        return "…"
    if kind is ChannelKind.APPRISE:
        return f"{scheme}://…"
    place = _PLACE.match(rest)[0]  # type: ignore[index]  # which fits any text
    host = place.rpartition("@")[2]
    return f"{scheme}://{host}/…" if rest.removeprefix(place).strip("/") else f"{scheme}://{host}"
