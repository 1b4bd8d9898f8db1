"""One connection to PostgreSQL, by psycopg, which only the extra `fleet` brings: it is imported when it is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, LiteralString

from imagedepot.errors import DatabaseUnavailable, InvalidSetting, StorageFailure

if TYPE_CHECKING:
    from psycopg import Connection

    from imagedepot.model.names.postgres_address import PostgresAddress

CONNECT_SECONDS = 5
_SETTING = "IMAGEDEPOT_DATABASE"
READ_ONLY = "25006"  # the server has become a standby
_DISK_FULL = "53100"
_LONGEST = 300
_DEFAULTS: Mapping[str, str | int] = {
    "connect_timeout": CONNECT_SECONDS,
    "application_name": "imagedepot",
    "client_encoding": "utf8",
    "target_session_attrs": "read-write",  # of several hosts the one that is not a standby
    # A server that went away without a word is noticed within half a minute.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


def psycopg() -> ModuleType:
    """Raises `InvalidSetting` where the extra is not installed."""
    try:
        import psycopg
    except ImportError as error:
        raise InvalidSetting(_SETTING, "PostgreSQL needs more packages: pip install 'imagedepot[fleet]'") from error
    return psycopg


def connect(address: PostgresAddress) -> Connection[Any]:
    """Raises `InvalidSetting`, also for a password that cannot be read, and what psycopg raises."""
    driver = psycopg()
    from psycopg.conninfo import conninfo_to_dict

    from imagedepot.database.backends.patient import PatientConnection
    from imagedepot.database.backends.plain_text import PlainText

    try:
        named = conninfo_to_dict(address.uri)
    except driver.Error:  # whose words may repeat the address with its password
        raise InvalidSetting(_SETTING, f"{address} is written in a way that PostgreSQL does not know") from None
    if address.password_file is not None:
        named["password"] = _password(address.password_file)
    options: dict[str, Any] = {**_DEFAULTS, **named}
    # Statements are not prepared on the server: a pooler in between, or a migration by another node, would break them.
    connection: Connection[Any] = PatientConnection.connect(**options, prepare_threshold=None)
    connection.adapters.register_dumper(str, PlainText)
    return connection


def read(address: PostgresAddress, query: LiteralString, values: Mapping[str, object] | None = None) -> Sequence[Any]:
    """The rows that a statement gives, in a connection and a transaction of its own; none where a table is missing.

    Raises `InvalidSetting`, `StorageFailure`.
    """
    driver = psycopg()
    try:
        with connect(address) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else ()
    except driver.errors.UndefinedTable:
        return ()
    except driver.Error as error:
        raise failure(error, f"Cannot use the database {address}", address) from error


def failure(error: BaseException, what: str, address: PostgresAddress) -> StorageFailure:
    """PostgreSQL's own words in one line, without a statement and its values; `what` is where it is no matter of being
    away."""
    driver = psycopg()
    if not isinstance(error, driver.Error):
        return StorageFailure(f"{what}: {type(error).__name__}")
    first, *_ = (error.diag.message_primary or str(error) or type(error).__name__).splitlines()
    words = " ".join(first.split())[:_LONGEST]
    is_away = isinstance(error, driver.OperationalError | driver.InterfaceError) or error.sqlstate == READ_ONLY
    if is_away and error.sqlstate != _DISK_FULL:
        return DatabaseUnavailable(f"The database {address} cannot be used now: {words}")
    return StorageFailure(f"{what}: {words}")


def _password(file: Path) -> str:
    try:
        return file.read_text().split("\n", 1)[0]
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSetting("IMAGEDEPOT_DATABASE_PASSWORD_FILE", f"{file} cannot be read") from error
