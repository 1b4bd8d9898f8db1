"""Copies all rows to another database of any kind, from one snapshot in one transaction, and compares the counts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, func, insert, select, text

from imagedepot.database.backends.place import Place
from imagedepot.database.connection import Database
from imagedepot.database.copy import check_revision, copy_of, revision_of
from imagedepot.database.tables import Base, SigningKeyRow, UtcTime
from imagedepot.errors import Conflict
from imagedepot.files.atomic import write_whole

_AT_ONCE = 1000
_OF_NODES = {"changes", "claims", "leases", "images", "active_downloads"}
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_KEYS = SigningKeyRow.__table__


@contextmanager
def reading(place: Place, scratch: Path) -> Iterator[Database]:
    """The database at `place`, which is not changed: of a file a copy, in `scratch`, is migrated and read.

    Raises `InvalidInput` for tables of a newer version, `StorageFailure`.
    """
    if isinstance(place, Path):
        copy = copy_of(place)
        scratch.unlink(missing_ok=True)
        if copy is not None:
            check_revision(revision_of(place), f"The database {place}")
            write_whole(scratch, copy.content, 0o600, synced=False)
        database = Database(scratch)
    else:
        database = Database(place, as_it_is=True)
    try:
        yield database
    finally:
        database.close()


def counts(database: Database, apart: Collection[str]) -> Mapping[str, int]:
    """How many rows each table has, but for the keys named `apart`."""
    with database.snapshot() as rows:
        return {table.name: _count(rows, table, apart) for table in _tables()}


def replace_rows(source: Database, target: Database, apart: Collection[str]) -> Mapping[str, int]:
    """Make the rows of `target` those of `source`, all or none of them; how many each table has.

    Keys named `apart` belong to a place and stay there. Ids that were given once are not given again at the target.
    Raises `StorageFailure`.
    """
    with source.snapshot() as rows, target.session() as session:
        connection = session.connection()
        for table in reversed(_tables()):
            connection.execute(_but(delete(table), table, apart))
        moved = {}
        for table in _tables():
            moved[table.name] = _copy(rows, connection, table, apart)
            if table.dialect_options["sqlite"]["autoincrement"]:
                _note_last_id(connection, table.name, _last_id(rows, table.name))
    return moved


def check_empty(database: Database, place: str) -> None:
    """Raises `Conflict` where there are rows."""
    with database.snapshot() as rows:
        for table in _tables():
            if _count(rows, table, ()):
                raise Conflict(f"The database {place} has rows already ({table.name}): name an empty one")


def _copy(rows: Connection, target: Connection, table: Table, apart: Collection[str]) -> int:
    copied = 0
    found = rows.execution_options(yield_per=_AT_ONCE).execute(_but(select(table), table, apart))
    for batch in found.mappings().partitions():
        target.execute(insert(table), [_whole(table, row) for row in batch])
        copied += len(batch)
    return copied


def _whole(table: Table, row: Mapping[Any, Any]) -> dict[str, Any]:
    """The row with 1970 in place of a required time that cannot be read."""
    return {column.name: _NO_TIME if _lacks(column, row) else row[column.name] for column in table.columns}


def _lacks(column: Column[Any], row: Mapping[Any, Any]) -> bool:
    return row[column.name] is None and not column.nullable and isinstance(column.type, UtcTime)


def _count(rows: Connection, table: Table, apart: Collection[str]) -> int:
    return int(rows.execute(_but(select(func.count()).select_from(table), table, apart)).scalar_one())


def _but(statement: Any, table: Table, apart: Collection[str]) -> Any:
    return statement.where(_KEYS.c.name.not_in(apart)) if table is _KEYS and apart else statement


def _last_id(rows: Connection, table: str) -> int:
    """The highest id that was ever assigned."""
    if rows.dialect.name == "sqlite":
        found = rows.execute(text("SELECT seq FROM sqlite_sequence WHERE name = :table"), {"table": table}).scalar()
        return int(found or 0)
    sequence = _sequence(rows, table)
    last, is_called = rows.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()  # noqa: S608 - ours
    return int(last) if is_called else 0


def _note_last_id(target: Connection, table: str, last: int) -> None:
    if target.dialect.name == "sqlite":
        target.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), {"table": table})
        target.execute(text("INSERT INTO sqlite_sequence VALUES (:table, :last)"), {"table": table, "last": last})
    elif last:
        target.execute(text("SELECT setval(:name, :last)"), {"name": _sequence(target, table), "last": last})


def _sequence(connection: Connection, table: str) -> str:
    return str(connection.execute(text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": table}).scalar_one())


def _tables() -> list[Table]:
    """All but those that nodes of a fleet use among themselves; the names of images are moved as files."""
    return [table for table in Base.metadata.sorted_tables if table.name not in _OF_NODES]
