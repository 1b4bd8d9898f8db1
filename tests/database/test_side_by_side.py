"""Two versions on one database: the newer one adds, and the older ones that run go on as before.

From `FIRST` on a migration only adds: tables, indexes, and columns that an older version need not write.
"""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.database.connection import MIGRATIONS, Database, newest_revision
from imagedepot.database.rows.audit import AuditRows
from imagedepot.database.rows.downloads import DownloadRows
from imagedepot.database.rows.settings import SettingRows
from imagedepot.database.rows.tokens import TokenRows
from imagedepot.database.rows.users import UserRows
from imagedepot.errors import StorageFailure
from imagedepot.model.access.audit import AuditQuery
from tests.api.face import Face
from tests.contracts.rows import ADA, BOB, NOON, REQUEST, event, token
from tests.ground.postgres import Cluster
from tests.registry.asking import ask
from tests.registry.test_push import image, put

FIRST = "0011"
ADDS = {"create_table", "create_index", "add_column", "batch_alter_table"}
_LATER = '''
"""A column with a default and one that may be empty, an index, a table."""
import sqlalchemy as sa
from alembic import op

revision = "9002"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("users", sa.Column("note", sa.Text(), nullable=False, server_default=""))
    op.add_column("tokens", sa.Column("note", sa.Text(), nullable=True))
    op.add_column("audit_events", sa.Column("node", sa.String(32), nullable=True))
    op.add_column("pushed_tags", sa.Column("by", sa.Text(), nullable=True))
    op.create_index("ix_tokens_name", "tokens", ["name"])
    op.create_table("notes", sa.Column("id", sa.Integer(), primary_key=True))
'''


def later(folder: Path) -> Path:
    scripts = folder / "later"
    shutil.copytree(MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    text = _LATER.format(head=newest_revision(MIGRATIONS))
    (scripts / "versions/9002_later.py").write_text(text)
    return scripts


def steps(script: Path) -> Iterator[ast.Call]:
    """What its `upgrade` asks of Alembic."""
    for function in ast.parse(script.read_text()).body:
        if isinstance(function, ast.FunctionDef) and function.name == "upgrade":
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    owner = node.func.value
                    if isinstance(owner, ast.Name) and owner.id != "sa":
                        yield node


def breaks(script: Path) -> list[str]:
    """Which steps would disturb a version that knows nothing of them."""
    found = []
    for step in steps(script):
        assert isinstance(step.func, ast.Attribute)
        text = ast.unparse(step)
        may_be_left_out = "nullable=True" in text or "server_default=" in text
        if step.func.attr not in ADDS or (step.func.attr == "add_column" and not may_be_left_out):
            found.append(text)
    return found


def test_every_migration_of_a_fleet_only_adds(tmp_path: Path) -> None:
    scripts = [script for script in (MIGRATIONS / "versions").glob("[0-9]*.py") if script.name[:4] >= FIRST]
    assert {script.name: breaks(script) for script in scripts if breaks(script)} == {}
    assert breaks(later(tmp_path) / "versions/9002_later.py") == []
    bad = tmp_path / "bad.py"
    bad.write_text(
        'def upgrade():\n    op.drop_column("users", "note")\n'
        '    op.add_column("users", sa.Column("kind", sa.Text(), nullable=False))\n'
    )
    assert len(breaks(bad)) == 2


def test_rows_of_an_older_version_are_written_and_read_beside_a_newer_one(tmp_path: Path, cluster: Cluster) -> None:
    address = cluster.make_database()
    old = Database(address)
    UserRows(old).put(ADA)
    new = Database(address, migrations=later(tmp_path))
    for database in (old, new):  # the newer one's code reads the same rows as well
        UserRows(database).put(BOB)
        assert [user.username for user in UserRows(database).users()] == ["ada", "bob"]
        assert TokenRows(database).add(token("ada", f"hash {database is old}")).id > 0
        DownloadRows(database).add(REQUEST, NOON)
        AuditRows(database).add([event()])
        SettingRows(database).put("NAME", "x")
    assert len(AuditRows(old).find(AuditQuery(), 10)) == 2
    assert len(list(DownloadRows(old).all())) == 2
    old.close()
    new.close()
    with pytest.raises(StorageFailure, match="was made by a newer Image Depot"):
        Database(address)


def test_a_service_goes_on_while_a_newer_version_migrates(tmp_path: Path, cluster: Cluster) -> None:
    address = cluster.make_database()
    nobody = "http://127.0.0.1:9"
    with Face(tmp_path / "data", database=address.uri, registry_url=nobody, hub_url=nobody) as face:
        pushed = image(face)
        assert put(face, "1", pushed).status == 201
        Database(address, migrations=later(tmp_path)).close()
        assert put(face, "2", image(face)).status == 201
        assert json.loads(ask(face, "team/app/manifests/1").content) == pushed
        assert face.call("PUT", "/settings/IMAGEDEPOT_BANDWIDTH", {"value": "20MB/s"}).status == 200
        assert ask(face, "/readyz").status == 200
