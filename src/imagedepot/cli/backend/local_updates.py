"""Updates while no service runs: asked about here and now, and written down for the service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from imagedepot.cli.backend.local_download import download
from imagedepot.cli.backend.protocol import Json
from imagedepot.model.download import Download
from imagedepot.model.following.updates import UpdateKey, update_key
from imagedepot.model.image import ImageRequest, ImageType
from imagedepot.service.happenings import Happenings
from imagedepot.service.updates.updates import Updates
from imagedepot.wire.v1.base import plain
from imagedepot.wire.v1.images.updates import AllImageUpdates, Asked, PlannedUpdate, Rule, RulePreview, RuleWish
from imagedepot.wiring.cold import Cold
from imagedepot.wiring.fleet import open_rows
from imagedepot.wiring.served.updates import open_updates


class LocalUpdates:
    """Use it while the data folder is held."""

    def __init__(self, updates: Updates, cold: Cold) -> None:
        self._updates = updates
        self._cold = cold

    @classmethod
    @contextmanager
    def opened(cls, cold: Cold) -> Iterator[LocalUpdates]:
        """Raises `StorageFailure`."""
        with open_rows(cold.settings, cold.disk, cold.fleet) as database:
            updates = open_updates(cold, database, Happenings(), _no_queue)
            try:
                yield cls(updates, cold)
            finally:
                updates.close()

    def all(self) -> Json:
        return plain(AllImageUpdates.of(self._updates.all()))

    def check(self, images: Sequence[Json]) -> Json:
        asked = self._updates.check(self._keys(images))
        while self._updates.all().waiting:
            self._updates.ask()
        return plain(Asked(asked=asked))

    def update(self, images: Sequence[Json]) -> Iterator[Iterator[Json]]:
        return (download(self._cold, request) for request in list(self._updates.requests(self._keys(images))))

    def rules(self) -> list[Json]:
        rules = self._updates.rules
        return [plain(Rule.of(each, rules.is_set(each))) for each in rules.all()]

    def put_rule(self, pattern: str, rule: Json) -> Json:
        """Raises `InvalidInput`."""
        return plain(Rule.of(self._updates.put_rule(msgspec.convert(rule, RuleWish).rule(pattern)), is_set=True))

    def remove_rule(self, pattern: str) -> None:
        """Raises `NotFound`."""
        self._updates.remove_rule(pattern)

    def preview(self, rule: Json | None) -> list[Json]:
        wish = msgspec.convert(rule or {}, RulePreview)
        plans = self._updates.preview(wish.rule(wish.pattern) if wish.pattern else None)
        return [plain(PlannedUpdate.of(each)) for each in plans]

    def _keys(self, images: Sequence[Json]) -> list[UpdateKey] | None:
        found = self._cold.images.found
        return [update_key(found(ImageType(each["type"]), each["name"], each["tag"])) for each in images] or None


def _no_queue(_: ImageRequest) -> Download:
    raise AssertionError("without a service, downloads run in this process")
