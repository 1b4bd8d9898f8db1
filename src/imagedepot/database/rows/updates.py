"""Rows of updates. One that cannot be read is left out: its image is asked for again, its rule is void."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import delete, select

from imagedepot.database.connection import Database
from imagedepot.database.tables import UpdateCheckRow, UpdateRuleRow, UpdateVersionRow
from imagedepot.database.upsert import upsert
from imagedepot.model.digest import Digest
from imagedepot.model.following.updates import KeptVersion, UpdateAction, UpdateCheck, UpdateKey, UpdateRule
from imagedepot.model.image import ImageType

_log = logging.getLogger(__name__)
_UNREADABLE = (ValueError, TypeError, OverflowError)
R = TypeVar("R", UpdateCheckRow, UpdateRuleRow, UpdateVersionRow)
T = TypeVar("T")


class UpdateRows:
    """`protocols.updates.UpdateRows` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def checks(self) -> Sequence[UpdateCheck]:
        return self._all(UpdateCheckRow, _check)

    def put_check(self, check: UpdateCheck) -> None:
        row = UpdateCheckRow(
            type=check.type.value,
            name=check.name,
            tag=check.tag,
            digest=str(check.digest or ""),
            upstream=str(check.upstream or ""),
            version=check.version,
            size=check.size,
            checked=check.checked,
            tried=check.tried,
            error=check.error,
            seen=check.seen,
            due=check.due,
        )
        with self._database.session() as session:
            upsert(session, row)
            self._database.changed(session, "update_checks")

    def remove_checks(self, keys: Iterable[UpdateKey]) -> None:
        with self._database.session() as session:
            for type_, name, tag in keys:
                mine = (UpdateCheckRow.type == type_.value, UpdateCheckRow.name == name, UpdateCheckRow.tag == tag)
                session.execute(delete(UpdateCheckRow).where(*mine))
            self._database.changed(session, "update_checks")

    def rules(self) -> Sequence[UpdateRule]:
        return sorted(self._all(UpdateRuleRow, _rule), key=lambda rule: rule.pattern)

    def put_rule(self, rule: UpdateRule) -> None:
        row = UpdateRuleRow(
            pattern=rule.pattern,
            action=rule.action.value,
            keep=rule.keep,
            versions=rule.versions,
            min_age=int(rule.min_age.total_seconds()),
            window=rule.window,
            every=int(rule.every.total_seconds()),
        )
        with self._database.session() as session:
            upsert(session, row)
            self._database.changed(session, "update_rules")

    def remove_rule(self, pattern: str) -> None:
        with self._database.session() as session:
            session.execute(delete(UpdateRuleRow).where(UpdateRuleRow.pattern == pattern))
            self._database.changed(session, "update_rules")

    def versions(self) -> Sequence[KeptVersion]:
        return sorted(self._all(UpdateVersionRow, _version), key=lambda version: version.since)

    def put_version(self, version: KeptVersion) -> None:
        row = UpdateVersionRow(name=version.name, label=version.label, follows=version.follows, since=version.since)
        with self._database.session() as session:
            upsert(session, row)
            self._database.changed(session, "update_versions")

    def remove_version(self, name: str, label: str) -> None:
        mine = (UpdateVersionRow.name == name, UpdateVersionRow.label == label)
        with self._database.session() as session:
            session.execute(delete(UpdateVersionRow).where(*mine))
            self._database.changed(session, "update_versions")

    def _all(self, kind: type[R], read: Callable[[R], T]) -> Sequence[T]:
        with self._database.session() as session:
            rows = session.scalars(select(kind)).all()
        found: list[T] = []
        for row in rows:
            with suppress(*_UNREADABLE):
                found.append(read(row))
        if len(found) < len(rows):
            _log.warning("%s: %s rows cannot be read, and are left out", kind.__tablename__, len(rows) - len(found))
        return found


def _check(row: UpdateCheckRow) -> UpdateCheck:
    """Raises one of `_UNREADABLE`, as do the others."""
    if row.tried is None or row.due is None:
        raise ValueError("it has no date")
    return UpdateCheck(
        ImageType(row.type),
        row.name,
        row.tag,
        row.tried,
        row.due,
        Digest.try_parse(row.digest),
        Digest.try_parse(row.upstream),
        row.version,
        row.size,
        row.checked,
        row.error,
        row.seen,
    )


def _rule(row: UpdateRuleRow) -> UpdateRule:
    return UpdateRule(
        row.pattern,
        UpdateAction(row.action),
        int(row.keep),
        row.versions,
        timedelta(seconds=row.min_age),
        row.window,
        timedelta(seconds=row.every),
    )


def _version(row: UpdateVersionRow) -> KeptVersion:
    if row.since is None:
        raise ValueError("it has no date")
    return KeptVersion(row.name, row.label, row.follows, row.since)
