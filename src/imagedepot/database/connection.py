"""The database: one engine for SQLite or PostgreSQL, the newest tables, short transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from imagedepot.database.backends.place import Place
from imagedepot.database.backends.sqlite import Sqlite
from imagedepot.database.tables import Base
from imagedepot.errors import StorageFailure

MIGRATIONS = Path(__file__).with_name("migrations")
_BUSY_SECONDS = 10.0
_VERSION_TABLE = """
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)"""
"""As Alembic makes it."""
_CHANGED = text(
    "INSERT INTO changes (topic, key, node, writer, time) VALUES (:topic, :key, :node, "
    "pg_current_xact_id()::text::bigint, clock_timestamp() AT TIME ZONE 'UTC')"
)


class Kind(Protocol):
    """What is special about one kind of database. `place` is what people call it."""

    place: str
    faults: tuple[type[Exception], ...]  # what calls may raise

    def open(self) -> Engine: ...

    def lock(self, connection: Connection) -> None:
        """Keep every other process from migrating until the transaction ends."""

    def tables(self, connection: Connection) -> set[str]: ...

    def check_empty(self, tables: set[str]) -> None:
        """Raises `StorageFailure` where `tables`, which have no version, are not ours to migrate."""

    def failure(self, error: Exception, what: str) -> StorageFailure:
        """`what` went wrong, with the database's own reason, and without a statement or its values."""


class Database:
    """An open database with the newest tables, made in an empty one, else by the scripts in `migrations`.

    `place` is SQLite's file, or an address of PostgreSQL. `make_room` is called before each change, since even a
    deletion needs disk space. `as_it_is`: tables of an earlier version are refused, and nothing is made.

    Raises `StorageFailure` when it cannot be used.
    """

    def __init__(
        self,
        place: Place,
        busy_seconds: float | None = None,
        migrations: Path = MIGRATIONS,
        make_room: Callable[[], None] = lambda: None,
        as_it_is: bool = False,
        node: str | None = None,
    ) -> None:
        """`node` is the name of this process among those that share the database; None where it has it to itself."""
        self.node = node
        self.after_change: Callable[[], object] = lambda: None
        self._make_room = make_room
        self._kind = _kind_of(place, busy_seconds)
        what = f"Cannot use the database {self._kind.place}"
        with self._failures(what):
            self.engine = self._kind.open()
        try:
            with self._failures(what), self.engine.begin() as connection:
                self._kind.lock(connection)
                self._bring_up_to_date(connection, migrations, as_it_is)
        except BaseException:
            self.engine.dispose()
            raise

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Rows as of one moment, for reading them all. Raises `StorageFailure`."""
        with self._failures("The database cannot be read"), self.engine.connect() as connection:
            if connection.dialect.name != "sqlite":  # whose first read holds the moment
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One short transaction: committed at the end, rolled back on an error. Raises `StorageFailure`."""
        self._make_room()
        with (
            self._failures("The database refused a change"),
            Session(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session
        if self.node is not None and session.info:
            self.after_change()

    def changed(self, session: Session, topic: str, *keys: str) -> None:
        """Other nodes load again what `keys` name of a `topic`, once the transaction of `session` has ended; without
        keys all of it. `after_change` is called then."""
        if self.node is not None:
            session.info["changed"] = True
            session.execute(_CHANGED, [{"topic": topic, "key": key, "node": self.node} for key in keys or ("",)])

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _failures(self, what: str) -> Iterator[None]:
        try:
            yield
        except self._kind.faults as error:
            raise self._kind.failure(error, what) from error

    def _bring_up_to_date(self, connection: Connection, migrations: Path, as_it_is: bool) -> None:
        """Migrate a database of an earlier version. Only then is Alembic imported, which takes 90 ms."""
        tables = self._kind.tables(connection)
        newest = newest_revision(migrations)
        has_version = "alembic_version" in tables
        if has_version and connection.exec_driver_sql("SELECT version_num FROM alembic_version").fetchall() == [
            (newest,)
        ]:
            return
        if as_it_is:
            raise StorageFailure(
                f"The database {self._kind.place} does not have the tables of this version: start the service of this "
                f"version on it once"
            )
        if not has_version:
            if not tables and migrations == MIGRATIONS:
                import imagedepot.database.fleet.tables  # noqa: F401 - loading it adds its tables to `Base`

                Base.metadata.create_all(connection)
                connection.exec_driver_sql(_VERSION_TABLE)
                connection.exec_driver_sql(f"INSERT INTO alembic_version (version_num) VALUES ('{newest}')")  # noqa: S608 - the name of a script of ours
                return
            self._kind.check_empty(tables)
        from imagedepot.database.upgrade import upgrade

        upgrade(connection, migrations, self._kind.place)


def _kind_of(place: Place, busy_seconds: float | None) -> Kind:
    """`busy_seconds`: how long a call waits for a file that is locked, or a server that is silent; None: as usual."""
    if isinstance(place, Path):
        return Sqlite(place, _BUSY_SECONDS if busy_seconds is None else busy_seconds)
    from imagedepot.database.backends.postgresql import SILENCE_SECONDS, Postgres  # late: it needs the extra

    return Postgres(place, SILENCE_SECONDS if busy_seconds is None else busy_seconds)


def newest_revision(migrations: Path) -> str:
    """The newest revision among the scripts in `migrations`, whose names begin with it."""
    return max(revisions(migrations))


def revisions(migrations: Path) -> frozenset[str]:
    """Every revision that the scripts in `migrations` know."""
    return frozenset(script.name.partition("_")[0] for script in (migrations / "versions").glob("[0-9]*_*.py"))
