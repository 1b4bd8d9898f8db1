"""Keeps Docker Hub's limit in a file, so that a later command can report what is left."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

from imagedepot.errors import StorageFailure
from imagedepot.files.records import read_object, write_object
from imagedepot.model.limits import Limits
from imagedepot.model.text.moment import parse_moment
from imagedepot.model.text.texts import figure

_log = logging.getLogger(__name__)


class LimitsFile:
    """The file. A broken one counts as missing; on a full disk nothing is saved."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self, now: datetime) -> Limits:
        """The saved limit, unless its window is over."""
        content = read_object(self._path)
        numbers = [figure(content.get(name)) for name in ("limit", "remaining", "window")]
        moment, source = parse_moment(content.get("resets")), content.get("source")
        if moment is None or moment <= now or any(number is None for number in numbers):
            return Limits()
        limit, remaining, window = numbers
        return Limits(limit, remaining, window, moment, source if isinstance(source, str) else None)

    def save(self, limits: Limits) -> None:
        resets = limits.resets.astimezone(UTC).isoformat() if limits.resets else None
        content = {
            "limit": limits.limit,
            "remaining": limits.remaining,
            "window": limits.window,
            "resets": resets,
            "source": limits.source,
        }
        try:
            write_object(self._path, content)
        except StorageFailure as error:
            _log.warning("Docker Hub's limit is not kept for the next command: %s", error)
