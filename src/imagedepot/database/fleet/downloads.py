"""Downloads that nodes share: each is claimed by one node at a time, for as long as that one lives.

A row of `active_downloads` goes with each that waits or runs. Claims are given out one node after the other, under a
lock of the transaction, so that the limit of the fleet holds; what a node is writing to at that moment is skipped.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from imagedepot.database.batches import in_batches
from imagedepot.database.fleet.clock import NOW, UNTIL
from imagedepot.database.fleet.tables import ACTIVE
from imagedepot.database.pinned import parts_from_json, parts_to_json
from imagedepot.database.rows.downloads import DownloadRows, read_row
from imagedepot.database.tables import DownloadRow
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.model.image import ImageRequest, Resolved

TOPIC = "downloads"
_LOCK = text("SELECT pg_advisory_xact_lock(7235434178521196897)")
_ALIVE = f"(node <> '' AND until >= {NOW})"
_RUNNING = text(f"SELECT count(*) FROM active_downloads WHERE {_ALIVE}")  # noqa: S608 - our own text
_FREE = text(
    "SELECT a.download, a.name FROM active_downloads a JOIN downloads d ON d.id = a.download "  # noqa: S608
    f"WHERE NOT (a.node <> '' AND a.until >= {NOW}) AND NOT a.cancelled AND a.home IN ('', :home) "
    "AND NOT EXISTS (SELECT 1 FROM active_downloads b WHERE b.name = a.name AND b.download <> a.download "
    f"AND b.node <> '' AND b.until >= {NOW}) "
    "ORDER BY d.turn NULLS LAST, d.created, d.id LIMIT :most FOR UPDATE OF a SKIP LOCKED"
)
_TAKE = text(f"UPDATE active_downloads SET node = :node, until = {UNTIL} WHERE download = :id")  # noqa: S608
_BEAT = text(
    f"UPDATE active_downloads SET until = {UNTIL}, progress = :progress WHERE download = :id AND node = :node"  # noqa: S608
)
_MINE = text("SELECT download, cancelled FROM active_downloads WHERE node = :node")
_BEGIN = text(
    "INSERT INTO active_downloads (download, image, name, home, node, cancelled, progress) "
    "VALUES (:id, :image, :name, :home, '', false, '') ON CONFLICT DO NOTHING RETURNING download"
)
_ABANDONED = text(
    f"SELECT download FROM active_downloads WHERE cancelled AND NOT {_ALIVE} FOR UPDATE SKIP LOCKED"  # noqa: S608
)
_OUTSIDE = text(
    "SELECT id FROM downloads WHERE ended IS NULL AND NOT EXISTS (SELECT 1 FROM active_downloads WHERE download = id)"
)
_NUMBERS = ("rate", "eta", "installed", "to_install")


class SharedDownloadRows(DownloadRows):
    """`protocols.rows.SharedDownloadRows` in PostgreSQL."""

    def begin(self, request: ImageRequest, created: datetime, image: str, name: str, home: str) -> tuple[str, bool]:
        while True:
            with self._database.session() as session:
                under_way = _holder(session, image)
                if under_way is not None:
                    return under_way, False
                key = self._add(session, request, created).id
                if self._line_up(session, key, image, name, home):
                    return key, True
                session.execute(delete(DownloadRow).where(DownloadRow.id == int(key)))  # another node was faster

    def begin_again(self, download: Download, image: str, name: str, home: str) -> tuple[str, bool]:
        while True:
            with self._database.session() as session:
                under_way = _holder(session, image)
                if under_way is not None:
                    return under_way, False
                if self._line_up(session, download.id, image, name, home):
                    self._save(session, download)
                    return download.id, True

    def _line_up(self, session: Session, key: str, image: str, name: str, home: str) -> bool:
        """Of two who begin the same at once one waits here for the other, and is refused then."""
        values = {"id": int(key), "image": image, "name": name, "home": home}
        done = session.execute(_BEGIN, values).first()
        self._database.changed(session, TOPIC, key)
        return done is not None

    def outside(self) -> Sequence[str]:
        with self._database.session() as session:
            return [str(id_) for (id_,) in session.execute(_OUTSIDE)]

    def claim(self, most: int, limit: int, home: str) -> Sequence[str]:
        claimed: dict[str, str] = {}
        with self._database.session() as session:
            session.execute(_LOCK)
            room = most if not limit else min(most, limit - session.execute(_RUNNING).scalar_one())
            found = session.execute(_FREE, {"home": home, "most": max(0, room) * 4}).all() if room > 0 else ()
            for id_, name in found:
                if len(claimed) < room:
                    claimed.setdefault(name, str(id_))
            for id_ in claimed.values():
                session.execute(_TAKE, {"id": int(id_), "node": self._database.node})
                self._database.changed(session, TOPIC, id_)
        return list(claimed.values())

    def beat(self, downloads: Sequence[Download]) -> Mapping[str, bool]:
        node = self._database.node
        with self._database.session() as session:
            if downloads:
                session.execute(
                    _BEAT, [{"id": int(each.id), "node": node, "progress": _progress(each)} for each in downloads]
                )
            return {str(id_): cancelled for id_, cancelled in session.execute(_MINE, {"node": node})}

    def settle(self, key: str) -> None:
        with self._database.session() as session:
            session.execute(update(ACTIVE).where(ACTIVE.c.download == int(key)).values(image=None))

    def end(self, download: Download) -> bool:
        with self._database.session() as session:
            mine = delete(ACTIVE).where(ACTIVE.c.download == int(download.id), ACTIVE.c.node == self._database.node)
            if session.execute(mine.returning(ACTIVE.c.download)).first() is None:
                return False
            self._save(session, download)
            self._database.changed(session, TOPIC, download.id)
        return True

    def cancel(self, key: str) -> None:
        with self._database.session() as session:
            session.execute(update(ACTIVE).where(ACTIVE.c.download == int(key)).values(cancelled=True))
            self._database.changed(session, TOPIC, key)

    def end_abandoned(self, now: datetime) -> Sequence[str]:
        with self._database.session() as session:
            ids = [id_ for (id_,) in session.execute(_ABANDONED)]
            if ids:
                session.execute(delete(ACTIVE).where(ACTIVE.c.download.in_(ids)))
                ended = {"status": DownloadStatus.CANCELLED, "ended": now}
                session.execute(update(DownloadRow).where(DownloadRow.id.in_(ids)).values(**ended))
                self._database.changed(session, TOPIC, *map(str, ids))
        return [str(id_) for id_ in ids]

    def give_back(self) -> None:
        with self._database.session() as session:
            mine = update(ACTIVE).where(ACTIVE.c.node == self._database.node)
            session.execute(mine.values(node="", until=None))
            self._database.changed(session, TOPIC)

    def set_turns(self, turns: Mapping[str, int]) -> None:
        super().set_turns(turns)
        with self._database.session() as session:
            self._database.changed(session, TOPIC, *turns)

    def remove(self, keys: Sequence[str]) -> None:
        super().remove(keys)
        with self._database.session() as session:
            self._database.changed(session, TOPIC, *keys)

    def find(self, keys: Collection[str] | None = None) -> Mapping[str, tuple[Download, Resolved | None]]:
        query = select(DownloadRow).order_by(DownloadRow.created, DownloadRow.id)
        found: dict[str, tuple[Download, Resolved | None]] = {}
        with self._database.session() as session:
            active = {str(row.download): row for row in session.execute(select(ACTIVE))}
            if keys is None:
                rows = list(session.scalars(query))
            else:
                ids = [int(key) for key in keys]
                rows = [
                    row for some in in_batches(ids) for row in session.scalars(query.where(DownloadRow.id.in_(some)))
                ]
        for row in rows:
            readable = read_row(row)
            if readable is not None:
                download, resolved = readable
                row_of_it = active.get(download.id)
                found[download.id] = (_shown(download, row_of_it) if row_of_it else download, resolved)
        return found

    def progress(self, downloads: Sequence[Download]) -> Sequence[Download]:
        by_id = {int(each.id): each for each in downloads}
        with self._database.session() as session:
            rows = session.execute(select(ACTIVE).where(ACTIVE.c.download.in_(by_id))).all()
        return [_shown(by_id[row.download], row) for row in rows]


def _holder(session: Session, image: str) -> str | None:
    row = session.execute(select(ACTIVE.c.download).where(ACTIVE.c.image == image)).first()
    return None if row is None else str(row.download)


def _progress(download: Download) -> str:
    numbers = {name: value for name in _NUMBERS if (value := getattr(download, name)) is not None}
    since = {"waiting_since": download.waiting_since.isoformat()} if download.waiting_since else {}
    return json.dumps(
        {"status": download.status, "parts": parts_to_json(download.parts), "sized": download.sized, **numbers, **since}
    )


def _shown(download: Download, active: Any) -> Download:
    """With what its node says of it; that of another version may make no sense."""
    if download.ended is not None or not active.node:
        return replace(download, queued=download.ended is None)
    if not active.progress:
        return replace(download, queued=False)
    try:
        row = json.loads(active.progress)
        since = row.get("waiting_since")
        return replace(
            download,
            status=DownloadStatus(row["status"]),
            parts=parts_from_json(row["parts"]),
            sized=bool(row["sized"]),
            waiting_since=datetime.fromisoformat(since) if since else None,
            queued=False,
            **{name: row.get(name) for name in _NUMBERS},
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return download
