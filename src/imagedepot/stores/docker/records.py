"""Facts that an engine does not keep about our images: the upstream's digest, the depot, remarks.

`docker load` leaves `RepoDigests` empty, so our own record of (reference, image id, digest) fills them in
(`docs/decisions/0010-engines.md`). One small JSON file in the data folder; a record counts only while the engine's
image has its id.
"""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from imagedepot.errors import InvalidReference
from imagedepot.files.atomic import write_durably
from imagedepot.model.depot import DepotId, try_depot_id
from imagedepot.model.digest import Digest
from imagedepot.model.image import Remark
from imagedepot.model.text.moment import parse_moment

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EngineRecord:
    """One image that we installed; `reference` in full, `id` the engine's."""

    reference: str
    id: str
    digest: Digest
    depot: DepotId
    remark: Remark
    installed_at: datetime | None


class EngineRecords:
    """All records of one engine, by full reference; the file may have those of others, too. One that is missing or
    broken is an empty one. Records of a version that knew a single engine are every engine's."""

    _lock = threading.Lock()  # of all: they write the same file

    def __init__(self, path: Path, engine: str = "") -> None:
        self._path = path
        self._engine = engine
        self._records = {each.reference: each for each, of in _read(path) if of in ("", engine)}

    def all(self) -> dict[str, EngineRecord]:
        """A snapshot by full reference; never changed in place."""
        return self._records

    def put(self, record: EngineRecord) -> None:
        with self._lock:
            self._save({**self._records, record.reference: record})

    def forget(self, references: set[str]) -> None:
        with self._lock:
            if references & self._records.keys():
                self._save({k: v for k, v in self._records.items() if k not in references})

    def _save(self, records: dict[str, EngineRecord]) -> None:
        others = [(each, of) for each, of in _read(self._path) if of not in ("", self._engine)]
        own = [(record, self._engine) for record in records.values()]
        rows = [_row(*each) for each in (*others, *own)]
        write_durably(self._path, json.dumps(rows, ensure_ascii=False, indent=1).encode())
        self._records = records


def _row(record: EngineRecord, engine: str) -> dict[str, str]:
    return {
        **({"engine": engine} if engine else {}),
        "reference": record.reference,
        "id": record.id,
        "digest": str(record.digest),
        "depot": record.depot,
        "description": record.remark.description,
        "location": record.remark.location,
        "icon": record.remark.icon,
        "installed_at": record.installed_at.isoformat() if record.installed_at else "",
    }


def _read(path: Path) -> list[tuple[EngineRecord, str]]:
    """The records, each with its engine; a broken file is ignored, so that the service starts."""
    try:
        rows = json.loads(path.read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, ValueError, RecursionError) as error:
        _log.warning("%s cannot be used and is ignored: %s", path, error)
        return []
    records = [_record(row) for row in rows] if isinstance(rows, list) else [None]
    if None in records:
        _log.warning("%s has records that cannot be read and are ignored", path)
    return [record for record in records if record is not None]


def _record(row: Any) -> tuple[EngineRecord, str] | None:
    """The record of a row, and its engine; None if it cannot be read. Only the date may be unreadable."""
    try:
        texts = [row[key] for key in ("reference", "id", "description", "location", "icon")]
        digest, depot = Digest.parse(row["digest"]), try_depot_id(row["depot"])
    except (KeyError, TypeError, AttributeError, ValueError, InvalidReference):
        return None
    engine = row.get("engine", "")
    if depot is None or not all(isinstance(text, str) for text in (*texts, engine)):
        return None
    reference, id_, *remark = texts
    record = EngineRecord(reference, id_, digest, depot, Remark(*remark), parse_moment(row.get("installed_at")))
    return record, engine
