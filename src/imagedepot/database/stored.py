"""Reads what a start needs (changed settings, whether users exist) with the standard library alone.

This happens before the tables are migrated, and without SQLAlchemy, which takes a cold command 240 ms. What SQLite
lacks or cannot read counts as nothing; PostgreSQL, which may be away, raises `StorageFailure`, but for missing tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import asdict
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, LiteralString

from imagedepot.errors import DepotError, StorageFailure
from imagedepot.model.digest import Digest

if TYPE_CHECKING:
    from imagedepot.database.backends.place import Place
    from imagedepot.model.access.audit import AuditEvent
    from imagedepot.model.image import ImageRequest, Resolved

_WAIT_SECONDS = 2.0  # for a lock that another process holds

_APPEND: LiteralString = (
    "INSERT INTO audit_events (time, actor, token, address, action, target, outcome, detail, error, request) VALUES "
    "(%(time)s, %(actor)s, %(token)s, %(address)s, %(action)s, %(target)s, %(outcome)s, %(detail)s, %(error)s, "
    "%(request)s)"
)
# As `Database.changed` writes it: other nodes of a fleet may be running, and load their settings again.
_FORGET: LiteralString = """
    WITH gone AS (DELETE FROM settings WHERE name = %(name)s OR %(name)s::text IS NULL RETURNING name),
    written AS (
        INSERT INTO changes (topic, key, node, writer, time)
        SELECT DISTINCT 'settings', '', '', pg_current_xact_id()::text::bigint, clock_timestamp() AT TIME ZONE 'UTC'
        FROM gone
    )
    SELECT name FROM gone
"""
ELSEWHERE = "database.json"  # says that, and where, rows are in PostgreSQL
DATABASE = "imagedepot.db"  # its name in the data folder


def stored_settings(place: Place) -> dict[str, str]:
    """The settings changed at run time, by name."""
    return {str(name): str(value) for name, value in _rows(place, "SELECT name, value FROM settings")}


def forget_settings(place: Place, name: str | None = None) -> list[str]:
    """Remove one changed setting, or all of them; the names that there were.

    Call it while no service of this folder runs. Raises `StorageFailure`.
    """
    if not isinstance(place, Path):
        from imagedepot.database.backends.driver import read

        return sorted(str(found) for (found,) in read(place, _FORGET, {"name": name}))
    path = place
    if not path.is_file():
        return []
    import sqlite3  # late, as below

    try:
        with closing(sqlite3.connect(path, timeout=10)) as connection, connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'settings'").fetchall():
                return []
            connection.text_factory = lambda raw: raw.decode(errors="replace")
            names = connection.execute(
                "DELETE FROM settings WHERE ?1 IS NULL OR name = ?1 RETURNING name", (name,)
            ).fetchall()
    except sqlite3.Error as error:
        raise StorageFailure(f"Cannot change the database {path}: {error}") from error
    return sorted(str(found) for (found,) in names)


def has_stored_users(place: Place) -> bool:
    return bool(_rows(place, "SELECT 1 FROM users LIMIT 1"))


def ended_downloads(place: Place) -> list[tuple[ImageRequest, Resolved]]:
    """Successful downloads and the images that they were pinned to, the latest last; unreadable rows are left out."""
    # Late: a start reads them only when an index is lost.
    from imagedepot.database.pinned import request_from_json, resolved_from_json

    query = "SELECT request, resolved FROM downloads WHERE status = 'done' AND resolved IS NOT NULL ORDER BY ended, id"
    found = []
    for request, resolved in _rows(place, query):
        with suppress(ValueError, KeyError, TypeError, AttributeError, DepotError):
            found.append((request_from_json(str(request)), resolved_from_json(str(resolved))))
    return found


def mirrored_digests(place: Place) -> list[Digest]:
    """The digests of what the mirror has cached, for clean-ups while no service runs."""
    query = "SELECT digest FROM mirror_manifests UNION SELECT digest FROM mirror_blobs"
    return [digest for (text,) in _rows(place, query) if (digest := Digest.try_parse(text)) is not None]


def append_audit_event(place: Place, event: AuditEvent) -> None:
    """Add an event to the audit trail, if there is one; never fails."""
    if isinstance(place, Path) and not place.is_file():
        return
    fields = {**asdict(event), "time": event.time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")}
    del fields["id"]
    if not isinstance(place, Path):
        from imagedepot.database.backends.driver import read

        with suppress(DepotError):
            read(place, _APPEND, fields)
        return
    path = place
    import sqlite3  # late, as below

    columns, values = ", ".join(fields), ", ".join(f":{name}" for name in fields)
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(path, timeout=_WAIT_SECONDS)) as connection,
        connection,
    ):
        connection.execute(f"INSERT INTO audit_events ({columns}) VALUES ({values})", fields)  # noqa: S608 - our names


def _rows(place: Place, query: LiteralString) -> Sequence[tuple[object, ...]]:
    if not isinstance(place, Path):
        from imagedepot.database.backends.driver import read  # late: it needs the extra

        return read(place, query)
    path = place
    if not path.is_file():
        return []
    import sqlite3  # late: a command finds a database only after a service has run

    try:
        with closing(sqlite3.connect(path, timeout=10)) as connection:
            connection.text_factory = lambda raw: raw.decode(errors="replace")
            return connection.execute(query).fetchall()
    except sqlite3.Error:
        return []
