"""Migrates a database of an earlier version to the newest tables, by Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from imagedepot.errors import StorageFailure


def upgrade(connection: Connection, migrations: Path, place: str) -> None:
    """Migrate in the transaction of `connection`, by the scripts in `migrations`; `place` names it in sentences.

    Raises `StorageFailure` for a database of a later version, and what the database raises.
    """
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StorageFailure(f"The database {place} was made by a newer Image Depot") from error
