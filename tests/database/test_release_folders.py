"""Real data folders of each step of the database since the first: this version opens them, and nothing in them is lost.

`tools/data_folder.py` made each with a version that had just that step. `folders/<revision>.tar.gz` stays for ever.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from imagedepot.backup.restore import restore
from imagedepot.backup.save import back_up
from imagedepot.config import load
from imagedepot.database.connection import MIGRATIONS, Database, revisions
from imagedepot.database.copy import revision_of
from imagedepot.database.rows.downloads import DownloadRows
from imagedepot.database.rows.mirror import MirrorRows
from imagedepot.database.rows.users import UserRows
from imagedepot.database.stored import DATABASE, stored_settings
from imagedepot.model.access.role import Role
from imagedepot.model.download import DownloadStatus
from imagedepot.service.access.passwords import Passwords
from imagedepot.wiring.services import open_services
from tests.database.test_connection import shape

FOLDERS = Path(__file__).with_name("folders")
STEPS = sorted(path.name.partition(".")[0] for path in FOLDERS.glob("*.tar.gz"))
PUSHES, TOKENS, MIRROR = "0005", "0004", "0007"  # the steps that brought them
PASSWORD = "correct horse battery"


@pytest.fixture(params=STEPS)
def step(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def data(step: str, tmp_path: Path) -> Path:
    with tarfile.open(FOLDERS / f"{step}.tar.gz") as tar:
        tar.extractall(tmp_path / "data", filter="data")
    return tmp_path / "data"


def test_there_is_a_folder_of_each_step_up_to_the_first_release() -> None:
    assert {f"{number:04}" for number in range(1, 8)} <= set(STEPS) <= revisions(MIGRATIONS)


def test_the_folder_is_of_that_step(data: Path, step: str) -> None:
    assert revision_of(data / "imagedepot.db") == step


def test_its_tables_become_those_of_this_version(data: Path, tmp_path: Path) -> None:
    for path in (data / "imagedepot.db", tmp_path / "new.db"):
        Database(path).close()
    assert shape(data / "imagedepot.db") == shape(tmp_path / "new.db")


def test_its_rows_are_all_there(data: Path, step: str) -> None:
    database = Database(data / "imagedepot.db")
    downloads = DownloadRows(database).all()
    assert {(row.request.name, row.status) for row, _ in downloads} == {
        ("lab/app", DownloadStatus.DONE),
        ("lab/missing", DownloadStatus.FAILED),
    }
    users = {user.username: user for user in UserRows(database).users()}
    assert {name: user.role for name, user in users.items()} == {"ada": Role.ADMIN.value, "bob": Role.VIEWER.value}
    assert Passwords().matches(PASSWORD, users["ada"].password)
    tags = [(row.repository, row.tag) for row in MirrorRows(database).all().tags]
    assert tags == ([("docker.io/lab/tool", "1")] if step >= MIRROR else [])
    database.close()


def check(data: Path, step: str) -> None:
    """A service opens it, and everything works."""
    settings = load(
        {"IMAGEDEPOT_DATA_DIR": str(data)},
        environment={},
        files=[],
        runtime=lambda _: stored_settings(data / DATABASE),
    )
    with open_services(settings) as services:
        listed = {f"{image.name}:{image.tag}" for image in services.stores.in_use.oci.images()}
        assert listed == {"lab/app:1", *(["depot.internal/team/app:1"] if step >= PUSHES else [])}
        assert list(services.repair.verify(False).problems) == []
        assert {view.name: view.value for view in services.changes.all()}["IMAGEDEPOT_BANDWIDTH"] == "20MB/s"
        tokens = services.access.tokens_of(services.access.owner())
        assert [token.name for token in tokens] == (["ci"] if step >= TOKENS else [])
        has_pushed = services.pushing.repositories.owns("team/app")
        assert has_pushed == (step >= PUSHES)


def test_a_service_opens_it_and_everything_works(data: Path, step: str) -> None:
    check(data, step)


def test_its_backup_restores_and_is_migrated(data: Path, step: str, tmp_path: Path) -> None:
    back_up(data, str(tmp_path / "backup.tar"))
    restore(tmp_path / "restored", str(tmp_path / "backup.tar"))
    check(tmp_path / "restored", step)
