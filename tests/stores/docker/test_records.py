"""What an engine forgets: kept in a file that may be missing or broken."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.digest import Digest
from imagedepot.model.image import Remark
from imagedepot.stores.docker.records import EngineRecord, EngineRecords

RECORD = EngineRecord(
    "docker.io/lab/app:1",
    "sha256:" + "1" * 64,
    Digest.of(b"lab"),
    DOCKERHUB,
    Remark("A lab", "https://lab.example", ""),
    datetime(2026, 11, 24, tzinfo=UTC),
)


def test_records_outlive_a_restart_and_are_forgotten_by_name(tmp_path: Path) -> None:
    file = tmp_path / "engine.json"
    EngineRecords(file).put(RECORD)
    again = EngineRecords(file)
    assert again.all() == {RECORD.reference: RECORD}
    again.forget({RECORD.reference, "docker.io/lab/never:1"})
    assert EngineRecords(file).all() == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[",
        b"7",
        b"[7]",
        b"[{}]",
        b"[" * 100_000,
        b'[{"reference": "a", "id": "b", "digest": "md5:1", "depot": "dockerhub"}]',
        b'[{"reference": "a", "id": "b", "digest": null, "depot": "dockerhub"}]',
    ],
)
def test_a_broken_file_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "engine.json").write_bytes(content)
    assert EngineRecords(tmp_path / "engine.json").all() == {}


def test_what_is_no_file_is_an_empty_one(tmp_path: Path) -> None:
    assert EngineRecords(tmp_path).all() == {}
    assert EngineRecords(tmp_path / "missing.json").all() == {}


def test_a_record_that_cannot_be_read_costs_that_one(tmp_path: Path) -> None:
    file = tmp_path / "engine.json"
    EngineRecords(file).put(RECORD)
    (row,) = json.loads(file.read_bytes())
    undated = {**row, "reference": "docker.io/lab/other:1", "installed_at": "9999-12-31T23:59:59-01:00"}
    file.write_text(json.dumps([{"reference": 3}, row, undated]))
    records = EngineRecords(file).all()
    assert records[RECORD.reference] == RECORD
    assert records["docker.io/lab/other:1"].installed_at is None
    EngineRecords(file).put(RECORD)
    assert EngineRecords(file).all() == records
