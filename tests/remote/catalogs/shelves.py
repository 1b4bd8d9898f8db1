"""A shelf over what tests serve, with a clock that they move."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from imagedepot.remote.catalogs.catalog_set import CatalogSet
from imagedepot.remote.catalogs.source import LIFETIME, RETRY, State
from tests.fakes.web import WebServer
from tests.remote.clients import transport

PATIENCE = 10.0  # machines are shared and slow at times; tests of patience have less
SHORT_PAUSES = (0.001,) * 5
LONG_AGO = "https://images.invalid"


class Moment:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def lifetime_passes(self) -> None:
        self.now += LIFETIME + timedelta(seconds=1)

    def retry_is_due(self) -> None:
        self.now += RETRY + timedelta(seconds=1)


def shelf(
    folder: Path,
    *addresses: str,
    moment: Moment | None = None,
    image_server: str = LONG_AGO,
    patience: float = PATIENCE,
    **options: Any,
) -> CatalogSet:
    way = transport(**{"silence_seconds": 10.0, **options})
    return CatalogSet(way, folder / "catalogs", addresses, image_server, patience, moment or Moment(), SHORT_PAUSES)


def state(of: CatalogSet, address: str) -> State:
    return next(source.state for source in of.sources if source.address == address)


def put_list(web: WebServer, path: str = "/list.json", *names: str, **said: str) -> str:
    """A list of Container Station with these images; its address."""
    usual = {"version": "latest", "type": "docker", "repository": "dockerhub", **said}
    return web.put(path, json.dumps([{**usual, "name": name, "displayName": name} for name in names]).encode())


def names(of: CatalogSet) -> list[str]:
    return [row.name for row in of.complete().rows]


def answered(web: WebServer, *statuses: int) -> None:
    """It was asked as often as this, and answered so; it writes that down a moment after we have the answer."""
    web.requests.wait_for(lambda log: [exchange.status for exchange in log] == list(statuses))
