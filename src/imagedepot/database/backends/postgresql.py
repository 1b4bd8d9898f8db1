"""PostgreSQL: connections that are tried before they are used, a lock for migrations, texts of any length."""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import Connection, Engine, String, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.ext.compiler import compiles

from imagedepot.database.backends.driver import READ_ONLY, connect, failure, psycopg
from imagedepot.errors import DatabaseUnavailable, StorageFailure
from imagedepot.model.names.postgres_address import PostgresAddress

SILENCE_SECONDS = 20.0
"""How long a statement waits for a word from the server."""
_MIGRATING = 0x696D616765646570
"""The advisory lock: "imagedep"."""
_CONNECTIONS, _MORE, _WAIT_SECONDS = 5, 15, 10.0


class Postgres:
    """The database at `address`, in the schema that its user's tables go to."""

    faults: tuple[type[Exception], ...] = (SQLAlchemyError,)

    def __init__(self, address: PostgresAddress, patience: float = SILENCE_SECONDS) -> None:
        self.place = str(address)
        self._address = address
        self._patience = patience
        self._away: Exception | None = None
        self._probe = threading.Lock()

    def open(self) -> Engine:
        psycopg()  # or else the reason why not
        engine = create_engine(
            "postgresql+psycopg://",
            creator=self._connect,
            pool_pre_ping=True,  # a connection that was lost while idle costs no call
            pool_size=_CONNECTIONS,
            max_overflow=_MORE,
            pool_timeout=_WAIT_SECONDS,
        )
        event.listen(engine, "handle_error", self._note_loss)
        event.listen(engine, "checkout", lambda line, *_: setattr(line, "patience", self._patience))
        return engine

    def lock(self, connection: Connection) -> None:
        """Hold a lock until the transaction ends: of nodes that start at once only one migrates."""
        line: Any = connection.connection.dbapi_connection
        line.patience = None  # others may migrate for long
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

    def _connect(self) -> Any:
        """A server that does not answer is asked by one caller at a time until it does; all others fail at once."""
        away = self._away
        if away is not None and not self._probe.acquire(blocking=False):
            raise psycopg().OperationalError(str(away))
        try:
            connection = connect(self._address)
            self._away = None
            return connection
        except psycopg().OperationalError as error:
            self._away = error
            raise
        finally:
            if away is not None:
                self._probe.release()

    def _note_loss(self, context: ExceptionContext) -> None:
        """A server that has become a standby is left for the one that took over; one that is silent is asked by one."""
        error = context.original_exception
        if getattr(error, "sqlstate", None) == READ_ONLY:
            context.is_disconnect = True
        elif isinstance(error, Exception) and type(error).__name__ == "Silence":
            self._away = error


@compiles(String, "postgresql")
def _text(*_: Any, **__: Any) -> str:
    """Make text columns unlimited, as they are in SQLite; else a long text would fail on PostgreSQL only."""
    return "TEXT"
