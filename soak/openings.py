"""SIGKILL at every write and sync of a first start, and of migrations with rows: each database opens again, whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from imagedepot.database.connection import MIGRATIONS, Database
from imagedepot.database.rows.settings import SettingRows
from imagedepot.errors import DepotError
from soak.finding import Finding
from tests.database.releases import filled_by_first_release, is_whole, later_release
from tests.ground.killed import killed_openings

_LEAST_KILLS = 200


def openings(folder: Path, _: float) -> Sequence[Finding]:
    """Takes as long as it takes: every point is tried once."""
    before, later = filled_by_first_release(folder), later_release(folder)
    kills, findings = 0, []
    for what, migrations, start, check in (
        ("first start", MIGRATIONS, None, _is_usable),
        ("migration of the first release's rows", MIGRATIONS, before, is_whole),
        ("the same, and a later migration that changes every row", later, before, is_whole),
        ("first start by migrations", later, None, None),
    ):
        killed = folder / what.replace(" ", "-")
        killed.mkdir()
        points = killed_openings(killed, migrations, start)
        faults = [fault for path in sorted(killed.glob("*.db")) if (fault := _fault(path, migrations, check))]
        kills += points
        findings.append(Finding(f"{what}, killed", f"{points} points", "at least 1", points > 0))
        findings.append(Finding(f"{what}, not whole", "; ".join(faults) or "0", "0", not faults))
    return [*findings, Finding("kills", str(kills), f"at least {_LEAST_KILLS}", kills >= _LEAST_KILLS)]


def _fault(path: Path, migrations: Path, is_sound: Callable[[Path], bool] | None) -> str:
    """What is wrong with a database that was killed while it was opened; "" for nothing."""
    try:
        Database(path, migrations=migrations).close()
    except DepotError as error:
        return str(error)
    return "" if is_sound is None or is_sound(path) else f"{path.name}: rows are lost or changed"


def _is_usable(path: Path) -> bool:
    database = Database(path)
    rows = SettingRows(database)
    rows.put("name", "value")
    names = [row.name for row in rows.all()]
    database.close()
    return names == ["name"]
