"""Updates, over the clients, the stores and the database of the service."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime

from imagedepot.cancellation import Cancellation
from imagedepot.database.connection import Database
from imagedepot.database.rows.updates import UpdateRows
from imagedepot.model.download import Download
from imagedepot.model.image import ImageRequest
from imagedepot.model.names.reference import Reference
from imagedepot.model.platform import Platform
from imagedepot.service.happenings import Happenings
from imagedepot.service.updates.asking import UpstreamQuestions
from imagedepot.service.updates.checker import Checker
from imagedepot.service.updates.rules import Rules
from imagedepot.service.updates.schedule import Schedule
from imagedepot.service.updates.updater import Updater
from imagedepot.service.updates.updates import Updates
from imagedepot.wiring.cold import Cold


def open_updates(
    cold: Cold,
    database: Database,
    happenings: Happenings,
    start: Callable[[ImageRequest], Download],
    leads: Callable[[], bool] = lambda: True,
) -> Updates:
    """Sends no request before it is started; `start` begins a download, and `Updates.noticed` is called at its end."""
    upstreams, rows = cold.upstreams, UpdateRows(database)

    def hub_size(reference: Reference, platform: Platform, cancellation: Cancellation) -> int | None:
        return upstreams.hub.tag_size(reference, platform, cancellation)

    questions = UpstreamQuestions(upstreams.depots, upstreams.tags, hub_size, cold.blobs, cold.in_force.platform)
    checker = Checker(rows, questions, happenings, _now)
    schedule = Schedule(_now, random.random, lambda: upstreams.registry.limits.snapshot())
    updater = Updater(cold.images, cold.pipeline, questions.request, rows, _now)
    return Updates(cold.images, checker, Rules(rows), schedule, updater, start, _now, leads=leads)


def _now() -> datetime:
    return datetime.now(UTC)
