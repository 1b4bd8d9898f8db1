"""Where a database is: SQLite's file, or an address of PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from imagedepot.model.names.postgres_address import PostgresAddress

Place: TypeAlias = Path | PostgresAddress
