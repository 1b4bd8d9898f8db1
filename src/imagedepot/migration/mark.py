"""Marks a data folder that a migration is filling, so that no service starts on half a depot.

DATA_DIR/migration/
  source      what is moved here, as JSON; gone once all of it is here
  verified    what has been read again here, one name a line, as members of a backup are named
  rows.db     a copy of the database that is moved, while its rows are read
"""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from imagedepot.errors import Conflict, StorageFailure
from imagedepot.files.atomic import storage_errors, write_durably

FOLDER = "migration"
_SOURCE = "source"
_VERIFIED = "verified"
_ROWS = "rows.db"


def refuse_unfinished(data: Path) -> None:
    """Raises `Conflict` where a migration into this folder has not ended."""
    if (data / FOLDER / _SOURCE).exists():
        raise Conflict(f"A migration into {data} has not ended: run it again, and it goes on")


class Mark:
    """That of the folder `data`. The verified ones are kept in memory, and noted by any thread."""

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER
        self._lock = threading.Lock()
        self.scratch = self._folder / _ROWS
        self.verified: set[str] = set()

    def source(self) -> str | None:
        """The source of the migration into this folder; None without one. Raises `StorageFailure`."""
        import json  # late: a cold command looks for the mark alone

        try:
            return str(json.loads((self._folder / _SOURCE).read_bytes())["from"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StorageFailure(f"Cannot read {self._folder / _SOURCE}, which names what is moved: {error}") from error

    def begin(self, source: str) -> None:
        """Raises `StorageFailure`."""
        import json

        with storage_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            if not (self._folder / _SOURCE).exists():
                write_durably(self._folder / _SOURCE, json.dumps({"from": source}).encode())
            with (self._folder / _VERIFIED).open("a+") as file:
                file.seek(0)
                *lines, torn = file.read().split("\n")
                self.verified.update(lines)
                if torn:
                    file.write("\n")

    def note(self, name: str) -> None:
        """Note that a blob was read here and is right; if a power cut loses the note, it is read again."""
        with self._lock, storage_errors(self._folder / _VERIFIED), (self._folder / _VERIFIED).open("ab") as file:
            file.write(f"{name}\n".encode())
            self.verified.add(name)

    def end(self) -> None:
        """Remove the mark: everything is here."""
        with storage_errors(self._folder):
            (self._folder / _SOURCE).unlink(missing_ok=True)
            shutil.rmtree(self._folder, ignore_errors=True)
