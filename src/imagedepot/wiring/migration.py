"""Moves the depot that some settings name to another data folder, bucket and database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from imagedepot.backup.restore import has_content
from imagedepot.config import Settings, load
from imagedepot.database.connection import Database
from imagedepot.errors import Conflict, InvalidSetting, NotFound
from imagedepot.files.free_space import DiskSpace
from imagedepot.files.locks import data_dir_lock
from imagedepot.migration.blobs import Moving, Plan, plan
from imagedepot.migration.mark import Mark
from imagedepot.migration.move import MovedState, begin, move_blobs, move_state
from imagedepot.wiring.blobs import open_blobs, peek_blobs
from imagedepot.wiring.database import check_owned, check_place, open_database, place_of
from imagedepot.wiring.fleet import KEYS, has_indexes, is_fleet


@dataclass(frozen=True, slots=True)
class Migrated:
    """`state` is None where blobs alone were moved."""

    blobs: Moving
    state: MovedState | None


def target_settings(data: Path, blobs: str, database: str, password_file: Path | None) -> Settings:
    """The settings of the target; `blobs` and `database` are "" for the data folder. Raises `InvalidSetting`."""
    named = {
        "IMAGEDEPOT_DATA_DIR": str(data),
        "IMAGEDEPOT_BLOBS": blobs,
        "IMAGEDEPOT_DATABASE": database,
        "IMAGEDEPOT_DATABASE_PASSWORD_FILE": str(password_file or ""),
    }
    return load({name: text for name, text in named.items() if text}, environment={}, files=())


def look(source: Settings, target: Settings) -> Plan:
    """What `migrate` would do, without a change. Raises what it would raise at its start."""
    _check(source, target)
    with ExitStack() as stack:
        blobs = stack.enter_context(open_blobs(replace(source, blob_cache=0), DiskSpace(source.data_dir), True))
        if target.database is not None:
            from imagedepot.database.backends.driver import read

            read(target.database, "SELECT 1")
        if Mark(target.data_dir).source() is None and target.data_dir.is_dir() and has_content(target.data_dir):
            raise Conflict(f"The data folder {target.data_dir} is not empty: name another one to move to")
        return plan(blobs, stack.enter_context(peek_blobs(replace(target, blob_cache=0))))


def migrate(
    source: Settings, target: Settings, blobs_only: bool = False, progress: Callable[[Moving], object] = lambda _: None
) -> Migrated:
    """`blobs_only`: the service may be running, and rows and lists of images are left for the run that ends it.

    Raises `Conflict`, `DataFolderBusy`, `InvalidSetting`, `NotFound`, `StorageFailure`.
    """
    _check(source, target)
    with ExitStack() as stack:
        if not blobs_only:
            stack.enter_context(data_dir_lock(source.data_dir))
        stack.enter_context(data_dir_lock(target.data_dir))
        mark = begin(target.data_dir, _title(source))
        disk = DiskSpace(target.data_dir, holds_blobs=target.blobs is None)
        blobs = stack.enter_context(open_blobs(replace(source, blob_cache=0), DiskSpace(source.data_dir), True))
        moved_to = stack.enter_context(open_blobs(replace(target, blob_cache=0), disk))
        database = _database(target, disk)
        if database is not None:
            stack.callback(database.close)
        moving = move_blobs(blobs, moved_to, mark, lambda needed: disk.check(needed, "The depot"), progress)
        if blobs_only:
            return Migrated(moving, None)
        indexes = _indexes(source)
        state = move_state(source.data_dir, place_of(source), target.data_dir, database, mark, KEYS, indexes)
        mark.end()
        return Migrated(moving, state)


def assignments(target: Settings) -> Mapping[str, str]:
    """The settings that a service needs to run on the target; an address without its password."""
    shown = {row.name: row.value for row in target.rows()}
    wanted = ("IMAGEDEPOT_DATA_DIR", "IMAGEDEPOT_BLOBS", "IMAGEDEPOT_DATABASE", "IMAGEDEPOT_DATABASE_PASSWORD_FILE")
    return {name: shown[name] for name in wanted if shown[name]}


def _check(source: Settings, target: Settings) -> None:
    """Raises `InvalidSetting`, `NotFound`, `StorageFailure`."""
    if not source.data_dir.is_dir():
        raise NotFound(f"There is no data folder {source.data_dir}")
    if target.data_dir.resolve() == source.data_dir.resolve():
        raise InvalidSetting("--to", f"{target.data_dir} is the data folder that is to be moved: name another one")
    check_owned(source)


def _database(target: Settings, disk: DiskSpace) -> Database | None:
    """None for a file in the target's folder. Raises `Conflict` for one with rows that are not of this migration."""
    if target.database is None:
        check_place(target)
        return None
    return open_database(target, disk, must_be_empty=True)


def _indexes(source: Settings) -> Mapping[str, bytes]:
    """The lists of images of a fleet, as files; nothing where they are files already."""
    if source.database is None or not is_fleet(source) or has_indexes(source.data_dir):
        return {}
    from imagedepot.database.connection import Database
    from imagedepot.wiring.stores.shared_stores import index_files

    database = Database(source.database, as_it_is=True)
    try:
        return index_files(database)
    finally:
        database.close()


def _title(source: Settings) -> str:
    places = [str(source.data_dir.resolve()), *(str(each) for each in (source.blobs, source.database) if each)]
    return ", ".join(places)
