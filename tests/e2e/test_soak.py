"""The short form of `make soak`."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from soak import backups
from soak.kills import run
from soak.outcome import Outcome
from tests.ground.needs import require


@pytest.mark.timeout(900)
def test_kills_faults_and_full_disks_lose_nothing(tmp_path: Path) -> None:
    require("docker-registry")
    outcome = run(tmp_path, 10.0, random.Random(9))
    assert (outcome.lost, outcome.wrong) == ([], [])
    assert outcome.counts["kills"] > 0


@pytest.mark.timeout(600)
def test_a_backup_taken_during_downloads_restores_and_verifies(tmp_path: Path) -> None:
    require("docker-registry")
    outcome = backups.run(tmp_path, 0, images=4)
    assert (outcome.lost, outcome.wrong) == ([], [])
    assert outcome.counts["backups"] == 1


def test_the_table_names_what_was_lost_and_wrong() -> None:
    outcome = Outcome(lost=["lab/app:1"])
    outcome.counts["kills"] = 1200
    assert [(each.what, each.seen, each.holds) for each in outcome.findings()] == [
        ("lost", "1; lab/app:1", False),
        ("wrong", "0", True),
        ("done", "1,200 kills", True),
    ]
