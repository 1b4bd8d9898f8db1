"""The sender for a target: each kind is imported when it is first used."""

from __future__ import annotations

from imagedepot.model.notices.notification import ChannelKind, Target
from imagedepot.protocols.notifications import Sender
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.notices.home_assistant import Entities


def make_sender(target: Target, transport: Transport, entities: Entities) -> Sender:
    """Raises `InvalidInput`, and `Conflict` where an extra is not installed."""
    match target.kind:
        case ChannelKind.WEBHOOK:
            from imagedepot.remote.notices.hooks import Webhook

            return Webhook(target, transport)
        case ChannelKind.NTFY:
            from imagedepot.remote.notices.hooks import Ntfy

            return Ntfy(target, transport)
        case ChannelKind.EMAIL:
            from imagedepot.remote.notices.mail import Mail

            return Mail(target, transport)
        case ChannelKind.APPRISE:
            from imagedepot.remote.notices.through_apprise import ThroughApprise

            return ThroughApprise(target)
        case ChannelKind.MQTT:
            from imagedepot.remote.notices.mqtt import Mqtt

            return Mqtt(target, transport, entities)
