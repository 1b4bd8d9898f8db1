"""Notifications over the clients, the stores and the database."""

from __future__ import annotations

import socket

from imagedepot.database.connection import Database
from imagedepot.database.rows.notifications import NotificationRows
from imagedepot.errors import StoreUnavailable
from imagedepot.model.image import ImageType
from imagedepot.remote.notices.home_assistant import Entities
from imagedepot.remote.notices.senders import make_sender
from imagedepot.service.notifications.channels import Notifications
from imagedepot.wiring.cold import Cold


def open_notifications(database: Database, cold: Cold) -> Notifications:
    """Nothing is sent before it is started, but tests."""
    entities = Entities(socket.gethostname(), lambda *image: _installed(cold, *image))
    return Notifications(
        NotificationRows(database), lambda target: make_sender(target, cold.upstreams.transport, entities)
    )


def _installed(cold: Cold, type_: str, name: str, tag: str) -> str:
    """The digest of that image, as far as it is known; "" where it is not here."""
    try:
        images = cold.stores.in_use.chosen(ImageType(type_)).images()
    except (StoreUnavailable, ValueError):
        return ""
    found = next((each for each in images if (each.name, each.tag) == (name, tag)), None)
    return str(found.digest or "unknown") if found else ""
