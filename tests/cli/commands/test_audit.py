"""`imagedepot audit`, and what commands without a service leave in the trail."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from imagedepot.database.connection import Database
from imagedepot.database.stored import DATABASE
from tests.cli.command import Command

PASSWORD = "correct horse battery"


@pytest.fixture
def bare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """No service, and a database, as after one has run."""
    command = Command(tmp_path, capsys, registry_url="http://127.0.0.1:9", hub_url="http://127.0.0.1:9")
    command.data.mkdir()
    Database(command.data / DATABASE).close()
    return command


def test_what_commands_change_without_a_service_is_in_the_trail(bare: Command) -> None:
    secret = bare.data.parent / "password"
    secret.write_text(PASSWORD)
    assert bare("user", "add", "ada", "--password-file", str(secret)).code == 0, bare("user", "add", "--help").out
    assert bare("token", "add", "ci", "--scope", "pull").code == 0
    assert bare("user", "remove", "ada").code != 0
    assert bare("remove", "lab/absent:1").code != 0
    assert bare("gc").code == 0
    assert bare("pull", "lab/absent:1").code != 0
    assert bare("rules", "set", "lab/*").code == 0
    assert bare("rules", "remove", "lab/absent").code != 0
    assert bare("outdated").code == 0
    assert bare("notifications", "add", "webhook", "home", "https://127.0.0.1:9").code == 0
    assert bare("notifications", "test", "1").code != 0
    assert bare("notifications", "remove", "1").code == 0
    assert bare("catalog", "refresh").code == 0
    assert bare("load", "-i", str(secret)).code != 0
    rows = bare("audit", "--json").json
    assert [(row["action"], row["target"], row["outcome"]) for row in reversed(rows)] == [
        ("user.add", "ada", "done"),
        ("token.add", "ci", "done"),
        ("user.remove", "ada", "failed"),
        ("image.remove", "lab/absent:1", "failed"),
        ("space.clean_up", "", "done"),
        ("download.add", "lab/absent:1", "done"),
        ("updates.put_rule", "lab/*", "done"),
        ("updates.remove_rule", "lab/absent", "failed"),
        ("updates.check", "", "done"),
        ("notification.add", "home", "done"),
        ("notification.test", "1", "failed"),
        ("notification.remove", "1", "done"),
        ("catalog.refresh", "", "done"),
        ("image.load", "", "failed"),
    ]
    assert {row["actor"] for row in rows} == {"local"}
    assert rows[-3]["error"] == "ada is the last administrator"
    assert PASSWORD not in str(rows)


def test_it_is_filtered_and_printed_as_a_table_as_csv_and_as_json(bare: Command) -> None:
    for name in ("one", "two", "three"):
        assert bare("user", "remove", name).code != 0
    assert [row["target"] for row in bare("audit", "--limit", "2", "--json").json] == ["three", "two"]
    assert [row["target"] for row in bare("audit", "--text", "ONE", "--action", "user", "--json").json] == ["one"]
    assert bare("audit", "--outcome", "done", "--json").json == []
    line = bare("audit", "--limit", "1").out.splitlines()[0].split("\t")
    assert line[1:] == ["local", "-", "user.remove", "three", "failed", "There is no user three"]
    rows = list(csv.DictReader(io.StringIO(bare("audit", "--all", "--csv").out)))
    assert [row["target"] for row in rows] == ["three", "two", "one"]


def test_all_of_a_long_trail_is_read_page_by_page(bare: Command) -> None:
    from imagedepot.database.rows.audit import AuditRows
    from imagedepot.model.access.audit import AuditEvent

    database = Database(bare.data / DATABASE)
    AuditRows(database).add([AuditEvent.by_owner("user.add", str(number)) for number in range(2300)])
    database.close()
    assert len(bare("audit", "--all", "--json").json) == 2300
    assert len(bare("audit", "--limit", "1200", "--json").json) == 1200
    assert len(bare("audit", "--json").json) == 50


def test_a_wrong_filter_is_one_sentence(bare: Command) -> None:
    done = bare("audit", "--outcome", "perhaps")
    assert (done.code, done.out) == (2, "")
    assert done.err == "imagedepot: outcome is one of done, refused, failed\n"


def test_without_a_database_a_command_makes_none_for_the_trail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = Command(tmp_path, capsys, registry_url="http://127.0.0.1:9")
    assert command("remove", "lab/absent:1").code != 0
    assert not (command.data / DATABASE).exists()
