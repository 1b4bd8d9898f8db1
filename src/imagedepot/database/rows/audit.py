"""The audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, delete, func, or_, select

from imagedepot.database.connection import Database
from imagedepot.database.tables import AuditRow
from imagedepot.model.access.audit import AuditEvent, AuditOutcome, AuditQuery

_DONE = AuditOutcome.DONE.value


class AuditRows:
    """`protocols.rows.AuditRows` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, events: Sequence[AuditEvent]) -> None:
        with self._database.session() as session:
            session.add_all(AuditRow(**{**asdict(event), "id": None}) for event in events)

    def find(self, query: AuditQuery, limit: int) -> Sequence[AuditEvent]:
        asked = select(AuditRow).where(*_conditions(query)).order_by(AuditRow.id.desc()).limit(limit)
        with self._database.session() as session:
            return [_event(row) for row in session.scalars(asked)]

    def remove_before(self, moment: datetime) -> None:
        with self._database.session() as session:
            session.execute(delete(AuditRow).where(AuditRow.time < moment))

    def keep_newest(self, most: int) -> None:
        with self._database.session() as session:
            for kind in (AuditRow.outcome != _DONE, AuditRow.outcome == _DONE):
                excess = session.scalar(select(func.count()).select_from(AuditRow)) or 0
                if excess > most:
                    oldest = select(AuditRow.id).where(kind).order_by(AuditRow.id).limit(excess - most)
                    session.execute(delete(AuditRow).where(AuditRow.id.in_(oldest)))


def _conditions(query: AuditQuery) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.actor:
        found.append(AuditRow.actor == query.actor)
    if query.action:
        found.append(
            or_(AuditRow.action == query.action, AuditRow.action.startswith(f"{query.action}.", autoescape=True))
        )
    if query.outcome is not None:
        found.append(AuditRow.outcome == query.outcome.value)
    if query.address:
        found.append(AuditRow.address == query.address)
    if query.text:
        texts = (AuditRow.target, AuditRow.detail, AuditRow.error)
        found.append(or_(*(column.icontains(query.text, autoescape=True) for column in texts)))
    if query.since is not None:
        found.append(AuditRow.time >= query.since)
    if query.until is not None:
        found.append(AuditRow.time < query.until)
    if query.before is not None:
        found.append(AuditRow.id < query.before)
    return found


def _event(row: AuditRow) -> AuditEvent:
    """The event of a row; a time or an outcome that cannot be read becomes one long ago, or a failure."""
    known = {each.value for each in AuditOutcome}
    return AuditEvent(
        row.time or datetime.fromtimestamp(0, UTC),
        row.actor,
        row.token,
        row.address,
        row.action,
        row.target,
        AuditOutcome(row.outcome) if row.outcome in known else AuditOutcome.FAILED,
        row.detail,
        row.error,
        row.request,
        row.id,
    )
