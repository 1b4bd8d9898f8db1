"""PostgreSQL: connections that are tried before they are used, a lock for migrations, texts of any length."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, String, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.ext.compiler import compiles

from imagedepot.database.driver import READ_ONLY, connect, failure, psycopg
from imagedepot.errors import DatabaseUnavailable, StorageFailure
from imagedepot.model.names.postgres_address import PostgresAddress

_MIGRATING = 0x696D616765646570
"""The advisory lock: "imagedep"."""
_CONNECTIONS, _MORE, _WAIT_SECONDS = 5, 15, 10.0


class Postgres:
    """The database at `address`, in the schema that its user's tables go to."""

    faults: tuple[type[Exception], ...] = (SQLAlchemyError,)

    def __init__(self, address: PostgresAddress) -> None:
        self.place = str(address)
        self._address = address

    def open(self) -> Engine:
        psycopg()  # or else the reason why not
        engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: connect(self._address),
            pool_pre_ping=True,  # a connection that was lost while idle costs no call
            pool_size=_CONNECTIONS,
            max_overflow=_MORE,
            pool_timeout=_WAIT_SECONDS,
        )
        event.listen(engine, "handle_error", _drop_standby)
        return engine

    def lock(self, connection: Connection) -> None:
        """Hold a lock until the transaction ends: of nodes that start at once only one migrates."""
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")

    def tables(self, connection: Connection) -> set[str]:
        found = connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        return {name for (name,) in found}

    def check_empty(self, tables: set[str]) -> None:
        if tables:
            named = ", ".join(sorted(tables)[:3])
            raise StorageFailure(
                f"The database {self.place} has tables of another program ({named}): name an empty one"
            )

    def failure(self, error: Exception, what: str) -> StorageFailure:
        if isinstance(error, NoneFree):
            return DatabaseUnavailable(f"{what}: all {_CONNECTIONS + _MORE} connections have been in use for too long")
        return failure(getattr(error, "orig", None) or error, what, self._address)


def _drop_standby(context: ExceptionContext) -> None:
    """Close a connection to a server that has become a standby, so that the one that took over is used."""
    if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
        context.is_disconnect = True


@compiles(String, "postgresql")
def _text(*_: Any, **__: Any) -> str:
    """Make text columns unlimited, as they are in SQLite; else a long text would fail on PostgreSQL only."""
    return "TEXT"
