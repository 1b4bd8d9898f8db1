"""Rows of downloads: written when a download is added, pinned and ended, never per chunk."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from imagedepot.database.batches import in_batches
from imagedepot.database.connection import Database
from imagedepot.database.pinned import (
    parts_from_json,
    parts_to_json,
    remedy_from_json,
    remedy_to_json,
    request_from_json,
    request_to_json,
    resolved_from_json,
    resolved_to_json,
)
from imagedepot.database.tables import DownloadRow
from imagedepot.errors import DepotError
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.model.image import ImageRequest, ImageType, Resolved, ResolvedLxc

_log = logging.getLogger(__name__)
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, DepotError)


class DownloadRows:
    """`protocols.rows.DownloadRows` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, request: ImageRequest, created: datetime) -> Download:
        """Add a download; durable when this returns, so that a request that was answered is not forgotten."""
        with self._database.session() as session:
            return self._add(session, request, created)

    def pin(self, key: str, resolved: Resolved) -> None:
        """Save the image that a download is pinned to."""
        with self._database.session() as session:
            pinned = {"resolved": resolved_to_json(resolved)}
            session.execute(update(DownloadRow).where(DownloadRow.id == int(key)).values(**pinned))

    def save(self, download: Download) -> None:
        """Save a state: ended, or waiting again, which unpins it."""
        with self._database.session() as session:
            self._save(session, download)

    def set_turns(self, turns: Mapping[str, int]) -> None:
        """Save all of these turns, by id, or none."""
        with self._database.session() as session:
            for key, turn in turns.items():
                session.execute(update(DownloadRow).where(DownloadRow.id == int(key)).values(turn=turn))

    def remove(self, keys: Sequence[str]) -> None:
        """Remove all of these rows, or none."""
        with self._database.session() as session:
            for ids in in_batches([int(key) for key in keys]):
                session.execute(delete(DownloadRow).where(DownloadRow.id.in_(ids)))

    def remove_ended_before(self, moment: datetime) -> None:
        with self._database.session() as session:
            session.execute(delete(DownloadRow).where(DownloadRow.ended < moment))

    def all(self) -> Iterator[tuple[Download, Resolved | None]]:
        """All downloads in the order of their turns, then of their requests; unfinished ones with the image that they
        are pinned to."""
        order = (DownloadRow.turn.is_(None), DownloadRow.turn, DownloadRow.created, DownloadRow.id)
        with self._database.session() as session:
            for row in session.scalars(select(DownloadRow).order_by(*order)):
                found = read_row(row)
                if found is not None:
                    yield found

    def _add(self, session: Session, request: ImageRequest, created: datetime) -> Download:
        row = DownloadRow(
            request=request_to_json(request), status=DownloadStatus.WAITING, created=created, parts=parts_to_json(())
        )
        session.add(row)
        session.flush()
        return Download(str(row.id), request, DownloadStatus.WAITING, created)

    def _save(self, session: Session, download: Download) -> None:
        resolved = {} if download.ended else {"resolved": None}
        values = {
            "status": download.status,
            "created": download.created,
            "ended": download.ended,
            "error": download.error,
            "reason": download.reason,
            "warning": download.warning,
            "parts": parts_to_json(download.parts),
            "turn": download.turn,
            "remedy": remedy_to_json(download.remedy),
            **resolved,
        }
        session.execute(update(DownloadRow).where(DownloadRow.id == int(download.id)).values(**values))


def read_row(row: DownloadRow) -> tuple[Download, Resolved | None] | None:
    """None for what cannot be read, which is logged: one row must not keep the service from starting."""
    try:
        download = _read(row)
    except _UNREADABLE as error:
        # From another version of Image Depot, say.
        _log.warning("download %s in the database cannot be read (%s) and is left out", row.id, error)
        return None
    return download, _pin(row, download.request.type)


def _read(row: DownloadRow) -> Download:
    """Raises one of `_UNREADABLE`."""
    if row.created is None:
        raise ValueError("it has no date")
    status, parts = DownloadStatus(row.status), parts_from_json(row.parts)
    return Download(
        str(row.id),
        request_from_json(row.request),
        status,
        row.created,
        row.ended or (row.created if status.ended else None),
        None if row.error is None else str(row.error),
        None if row.warning is None else str(row.warning),
        parts,
        sized=bool(parts),
        reason=None if row.reason is None else str(row.reason),
        turn=row.turn,
        remedy=remedy_from_json(row.remedy),
    )


def _pin(row: DownloadRow, type_: ImageType) -> Resolved | None:
    """The pinned image; None also for one that cannot be read, or that is of another type than the
    request: the tag is then asked for again."""
    if row.resolved is None or DownloadStatus(row.status).ended:
        return None
    try:
        resolved = resolved_from_json(row.resolved)
        if isinstance(resolved, ResolvedLxc) is not (type_ is ImageType.LXC):
            raise ValueError("it is of another type than the request")
        return resolved
    except _UNREADABLE as error:
        _log.warning("what download %s was pinned to cannot be read (%s); its tag is asked again", row.id, error)
        return None
