"""The backend of a running service."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from pathlib import Path

from imagedepot.cli.backend.protocol import STALE, Json, has_ended
from imagedepot.cli.render.output import note
from imagedepot.client import Client

_LOOKS = (0.02, 0.05, 0.1, 0.2)  # seconds between them; small images need not wait for the long ones
_STALE_CODE = "110"


class ServiceBackend(Client):
    """The calls of `Client`, and a `pull` that follows its download."""

    interrupted = "the service goes on with the download"

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir, lambda code, text: note(STALE if code == _STALE_CODE else text))

    def pull(self, depot: str, type_: str, name: str, tag: str, body: Mapping[str, str]) -> Iterator[Json]:
        """As `Backend.pull`; when the iterator is closed, the service continues the download."""
        return self._follow(self.download(depot, type_, name, tag, body))

    def check_updates(self, images: Sequence[Json] = ()) -> Json:
        """Ask, and wait until all have been asked about."""
        asked = super().check_updates(images)
        for wait in chain(_LOOKS, repeat(_LOOKS[-1])):
            if not self.updates()["waiting"]:
                return asked
            time.sleep(wait)
        raise AssertionError("the waits have no end")

    def update(self, images: Sequence[Json]) -> Iterator[Iterator[Json]]:
        """As `Backend.update`."""
        return (self._follow(id_) for id_ in self.start_updates(images))

    def load(self, content: Iterator[bytes], path: Path | None, name: str, platform: str) -> Iterator[Iterator[Json]]:
        """As `Backend.load`."""
        return (self._follow(id_) for id_ in self.start_load(content, name, platform))

    def load_into(self, name: str, tag: str, engine: str) -> Iterator[Json]:
        """As `Backend.load_into`; an interrupted command ends it."""
        row = self.start_engine_load(name, tag, engine)
        try:
            for wait in chain(_LOOKS, repeat(_LOOKS[-1])):
                yield row
                if row["status"] != "running":
                    return
                time.sleep(wait)
                row = self.find_engine_load(str(row["id"]))
        finally:
            if row["status"] == "running":
                self.end_engine_load(str(row["id"]))

    def _follow(self, id_: str) -> Iterator[Json]:
        row = self.find_download(id_)
        for wait in chain(_LOOKS, repeat(_LOOKS[-1])):
            yield row
            if has_ended(row):
                return
            time.sleep(wait)
            row = self.find_download(str(row["id"]))

    def close(self) -> None:
        """Do nothing: no connection is held open between calls."""
