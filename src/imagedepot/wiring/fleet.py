"""What makes this process one node of many: a database and a bucket that all of them share.

Both settings together make a fleet. Its rows and blobs belong together: the database has a key, which the bucket's
object `owner` repeats. A node's own folder holds nothing that another one needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imagedepot.config import Settings
from imagedepot.database.stored import ELSEWHERE
from imagedepot.errors import InvalidSetting, StorageFailure
from imagedepot.files.atomic import write_durably
from imagedepot.model.names.postgres_address import PostgresAddress
from imagedepot.wiring.database import OWNER, noted, open_database

if TYPE_CHECKING:
    from imagedepot.content.transfer.shared_turns import SharedTurns
    from imagedepot.database.connection import Database
    from imagedepot.database.fleet.changes import ChangeFeed
    from imagedepot.database.fleet.claims import Claims
    from imagedepot.database.fleet.leases import RowLeases
    from imagedepot.database.fleet.listening import Listening
    from imagedepot.files.free_space import DiskSpace

_NAME = "IMAGEDEPOT_DATABASE"
_OWNER, _BUCKET = "fleet", "fleet's bucket"
KEYS = (OWNER, _OWNER, _BUCKET)
"""Those that tie a database to its folder, or to the bucket of its fleet."""
INDEXES = ("content/index.json", "lxc/index.json")


@dataclass(frozen=True)
class Fleet:
    """`key` is that of the fleet: its bucket repeats it."""

    database: Database
    key: bytes
    feed: ChangeFeed
    claims: Claims
    turns: SharedTurns
    leases: RowLeases
    listening: Listening

    def agrees_on_bucket(self, owner: bytes, is_ours: bool) -> bool:
        """Whether the bucket with that `owner` is the fleet's; `is_ours` says so, once and for all."""
        import hashlib

        from imagedepot.database.rows.signing_keys import SigningKeys

        keys, seen = SigningKeys(self.database), hashlib.sha256(owner).digest()
        return (keys.agree(_BUCKET, seen) if is_ours else keys.find(_BUCKET)) == seen

    def leads(self, duty: str) -> Callable[[], bool]:
        """Whether this node is the one of all that has a duty: asked again and again, since it may pass on."""

        def is_mine() -> bool:
            try:
                return self.claims.take(f"duty:{duty}")
            except StorageFailure:
                return False

        return is_mine


def has_indexes(data: Path) -> bool:
    """Whether a data folder lists images of its own."""
    return any((data / name).exists() for name in INDEXES)


def is_fleet(settings: Settings) -> bool:
    return settings.database is not None and settings.blobs is not None


@contextmanager
def open_fleet(settings: Settings) -> Iterator[Fleet | None]:
    """None for a service alone. Raises `InvalidSetting`, `StorageFailure`."""
    if settings.database is None or settings.blobs is None:
        yield None
        return
    # Late, and only here: they need the extra.
    import secrets

    from imagedepot.content.leases import Leases
    from imagedepot.content.transfer.shared_turns import SharedTurns
    from imagedepot.database.connection import Database
    from imagedepot.database.fleet.changes import ChangeFeed
    from imagedepot.database.fleet.claims import Claims
    from imagedepot.database.fleet.leases import RowLeases
    from imagedepot.database.fleet.listening import Listening

    database = Database(settings.database, node=secrets.token_hex(8))
    try:
        key = _join(database, settings.data_dir, settings.database)
        feed = ChangeFeed(database)
        claims = Claims(database)
        leases = RowLeases(database, Leases(), feed.be_current)
        claims.on_beat(leases.renew)
        listening = Listening(database, settings.database, feed)
        try:
            yield Fleet(database, key, feed, claims, SharedTurns(claims), leases, listening)
        finally:
            listening.close()
            claims.close()
            leases.close()
    finally:
        database.close()


@contextmanager
def open_rows(settings: Settings, disk: DiskSpace, fleet: Fleet | None) -> Iterator[Database]:
    """The database of the fleet, or of a service alone. Raises `InvalidSetting`, `StorageFailure`."""
    if fleet is not None:
        yield fleet.database
        return
    database = open_database(settings, disk)
    try:
        yield database
    finally:
        database.close()


def _join(database: Database, data: Path, address: PostgresAddress) -> bytes:
    """The key of the fleet, which this folder belongs to from now on. A folder that was alone with the database makes a
    fleet of it by its first start with a bucket as well."""
    import json

    from imagedepot.database.rows.signing_keys import SigningKeys

    keys = SigningKeys(database)
    fleet, alone = keys.find(_OWNER), keys.find(OWNER)
    if (data / ELSEWHERE).exists():
        place, mine = noted(data)
        if mine not in (fleet, alone):
            raise InvalidSetting(_NAME, f"{address} is another database than that of {data}, which was {place}")
    elif alone is not None and fleet is None:
        raise InvalidSetting(_NAME, f"{address} has the rows of another data folder: start that one first, once")
    elif has_indexes(data):
        raise InvalidSetting(_NAME, f"{data} has images of its own, unknown to other nodes: name an empty folder")
    key = keys.agree(_OWNER, alone) if alone is not None else keys.get(_OWNER)
    write_durably(data / ELSEWHERE, json.dumps({"database": str(address), "owner": key.hex()}).encode())
    return key
