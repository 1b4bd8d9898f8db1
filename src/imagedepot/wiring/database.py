"""Where rows are kept, as the settings say: in the data folder, or in a PostgreSQL that belongs to this data folder.

Rows, blobs and the list of images belong together: a clean-up deletes what neither names. So a database of PostgreSQL
has one owner, a key in its table of keys, which the file `database.json` of the data folder has too; neither is used
with another.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, LiteralString

from imagedepot.config import Settings
from imagedepot.database.stored import DATABASE, ELSEWHERE
from imagedepot.errors import InvalidSetting, StorageFailure
from imagedepot.files.atomic import write_durably
from imagedepot.migration.mark import refuse_unfinished
from imagedepot.model.names.postgres_address import PostgresAddress

if TYPE_CHECKING:
    from imagedepot.database.backends.place import Place
    from imagedepot.database.connection import Database
    from imagedepot.files.free_space import DiskSpace

_NAME = "IMAGEDEPOT_DATABASE"
_CLAIM = f"{ELSEWHERE}.claim"
OWNER = "data folder"  # the name of the key in the database


def place_of(settings: Settings) -> Place:
    return settings.database or settings.data_dir / DATABASE


def has_database(settings: Settings) -> bool:
    """Whether there are rows. An empty file is what a failed attempt to make one left."""
    if settings.database is not None:
        return True
    try:
        return (settings.data_dir / DATABASE).stat().st_size > 0
    except OSError:
        return False


def check_setting(settings: Settings) -> None:
    """Raises `InvalidSetting` where the rows of the data folder are not where the settings say, and `Conflict` where a
    migration has not brought all of them."""
    refuse_unfinished(settings.data_dir)
    check_place(settings)


def check_place(settings: Settings) -> None:
    """Raises `InvalidSetting` where the rows of the data folder are not where the settings say."""
    data = settings.data_dir
    if settings.database is None:
        if (data / ELSEWHERE).exists():
            place = noted(data)[0]
            raise InvalidSetting(_NAME, f"the rows of {data} are in {place}: without it, there are no users")
    elif not (data / ELSEWHERE).exists() and (data / DATABASE).exists():
        raise InvalidSetting(_NAME, f"{data} has rows already, in {DATABASE}, which PostgreSQL does not know")


def open_database(settings: Settings, disk: DiskSpace, must_be_empty: bool = False) -> Database:
    """That of a service alone. `must_be_empty`: a database of PostgreSQL that gets this data folder has no rows yet.

    Raises `InvalidSetting`, `StorageFailure`, `Conflict`.
    """
    from imagedepot.database.connection import Database  # late: a cold command takes the names above alone

    if settings.database is None:
        return Database(settings.data_dir / DATABASE, make_room=disk.make_room)
    database = Database(settings.database)
    try:
        if must_be_empty and not _is_claimed(settings.data_dir):
            from imagedepot.database.transfer import check_empty

            check_empty(database, str(settings.database))
        _own(database, settings.data_dir, settings.database)
    except BaseException:
        database.close()
        raise
    return database


def check_owned(settings: Settings) -> None:
    """Raises `InvalidSetting` where the settings name another database than that of the data folder."""
    from imagedepot.database.backends.driver import read

    check_setting(settings)
    if settings.database is not None:
        place, mine = noted(settings.data_dir)
        query: LiteralString = "SELECT 1 FROM signing_keys WHERE value = %(mine)s AND name IN (%(name)s, 'fleet')"
        if not read(settings.database, query, {"name": OWNER, "mine": mine.hex()}):
            raise _another(settings.data_dir, settings.database, place)


def _own(database: Database, data: Path, address: PostgresAddress) -> None:
    """Make the database the one of this data folder, once and for all."""
    import json
    import secrets

    from imagedepot.database.rows.signing_keys import SigningKeys

    keys = SigningKeys(database)
    if (data / ELSEWHERE).exists():
        place, mine = noted(data)
        if keys.find(OWNER) != mine:
            raise _another(data, address, place)
        return
    claim = data / _CLAIM
    if claim.exists():
        mine = bytes.fromhex(claim.read_text())  # a start that ended in the middle
    else:
        mine = secrets.token_bytes(32)
        write_durably(claim, mine.hex().encode())
    if keys.agree(OWNER, mine) != mine:
        raise InvalidSetting(_NAME, f"{address} has the rows of another data folder: name another database")
    write_durably(data / ELSEWHERE, json.dumps({"database": str(address), "owner": mine.hex()}).encode())
    claim.unlink()


def _is_claimed(data: Path) -> bool:
    return (data / ELSEWHERE).exists() or (data / _CLAIM).exists()


def _another(data: Path, address: PostgresAddress, place: str) -> InvalidSetting:
    return InvalidSetting(_NAME, f"{address} is another database than that of {data}, which was {place}")


def noted(data: Path) -> tuple[str, bytes]:
    """Where the rows are, and the key of the owner. Raises `StorageFailure`."""
    import json

    try:
        noted = json.loads((data / ELSEWHERE).read_bytes())
        return str(noted["database"]), bytes.fromhex(noted["owner"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageFailure(f"Cannot read {data / ELSEWHERE}, which says where the rows are: {error}") from error
