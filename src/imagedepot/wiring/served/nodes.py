"""What a node keeps in memory and others change: each is loaded again; and the duties that one node has for all."""

from __future__ import annotations

import time
from collections.abc import Collection
from functools import partial

from imagedepot.config import Settings
from imagedepot.database.rows import mirror as mirror_rows
from imagedepot.database.rows import pushed as pushed_rows
from imagedepot.service.access.access import Access
from imagedepot.service.distribution.mirror.cache import MirrorCache
from imagedepot.service.notifications.channels import Notifications
from imagedepot.service.settings import SettingsService
from imagedepot.service.updates.updates import Updates
from imagedepot.wiring.fleet import Fleet
from imagedepot.wiring.served.pushes import Pushing
from imagedepot.wiring.stores.shared_stores import some

_DUTY_SECONDS = 4.0
_TIDY_SECONDS = 600.0


def follow(
    fleet: Fleet,
    access: Access,
    changes: SettingsService[Settings],
    pushing: Pushing,
    cache: MirrorCache,
    updates: Updates,
    notifications: Notifications,
) -> None:
    """From here on each of them shows what other nodes have changed."""
    feed = fleet.feed
    feed.on("users", lambda _: access.reload_users())
    feed.on("sessions", lambda _: access.reload_sessions())
    feed.on("tokens", lambda _: access.tokens.reload())
    feed.on("settings", lambda _: changes.reload())
    feed.on(pushed_rows.TOPIC, lambda names: pushing.repositories.reload(some(names)))
    feed.on(pushed_rows.UPLOADS, lambda ids: pushing.uploads.reload(some(ids)))
    feed.on(mirror_rows.TOPIC, lambda names: cache.reload(some(names)))
    for topic in ("update_rules", "update_checks", "update_versions"):
        feed.on(topic, partial(_updated, updates, topic))
    for topic in ("channels", "notices"):
        feed.on(topic, lambda _: notifications.reload())
    fleet.listening.looked = Duties(fleet, notifications).look


def _updated(updates: Updates, topic: str, _: Collection[str]) -> None:
    updates.reload(topic)


class Duties:
    """`look` is called every second or so."""

    def __init__(self, fleet: Fleet, notifications: Notifications) -> None:
        self._fleet = fleet
        self._notifications = notifications
        self._sends = fleet.leads("notifications")
        self._tidies = fleet.leads("changes")
        self._next_duty = self._next_tidy = 0.0

    def look(self) -> None:
        now = time.monotonic()
        if now >= self._next_duty:
            self._next_duty = now + _DUTY_SECONDS
            self._notifications.lead(self._sends())
        if now >= self._next_tidy and self._tidies():
            self._next_tidy = now + _TIDY_SECONDS
            self._fleet.feed.tidy()
