"""The database as earlier releases made it."""

from __future__ import annotations

import shutil
from pathlib import Path

from imagedepot.database.connection import MIGRATIONS


def first_release(folder: Path) -> Path:
    """The migrations of the first release alone, in a folder of their own."""
    first = folder / "first"
    shutil.copytree(MIGRATIONS, first, ignore=shutil.ignore_patterns("000[2-9]*", "00[1-9]*"))
    return first
