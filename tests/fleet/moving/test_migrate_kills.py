"""A migration that is killed again and again comes through, copies nothing twice, and lets nobody start in between."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from imagedepot.model.digest import Digest
from imagedepot.model.names.s3_address import S3Address
from tests.fleet.faulty_proxy import FaultyProxy
from tests.fleet.moving.test_migrate import LARGE, check_served, files, fleet, settings_of, template, text_of
from tests.ground.needs import require
from tests.ground.postgres import Cluster

__all__ = ["template"]
_CALLS = "sendto,rename,unlink,fsync"
_FIRST, _MORE, _MOST = 60, 1.7, 12  # each run may make more calls than the one before


@pytest.fixture
def proxy(address: S3Address) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(address.endpoint).start()
    yield proxy
    proxy.stop()


def migrated(line: list[str], kill_at: int | None) -> bool:
    """Whether the command came through; killed at that many of the calls by which it changes something."""
    command = [sys.executable, "-m", "imagedepot", *line]
    if kill_at is not None:
        inject = f"--inject={_CALLS}:signal=KILL:when={kill_at}"
        command = ["strace", "-f", "-qq", "-o", "/dev/null", f"--trace={_CALLS}", inject, *command]
    environment = {name: text for name, text in os.environ.items() if not name.startswith("IMAGEDEPOT_")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=300)
    assert done.returncode in (0, -signal.SIGKILL, 128 + signal.SIGKILL), done.stderr
    return done.returncode == 0


def killed_until_through(line: list[str], data: Path) -> int:
    """Kill each run a little later, until one comes through; the number of kills."""
    for kills in range(_MOST):
        if migrated(line, round(_FIRST * _MORE**kills)):
            return kills
        if (data / "migration/source").exists():
            done = subprocess.run(
                [sys.executable, "-m", "imagedepot", "--data-dir", str(data), "gc"],
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode != 0, "a service would start on half a depot, and its clean-up delete the other"
    raise AssertionError("it never came through")


def test_a_migration_killed_again_and_again_comes_through_there_and_back(
    template: Path, tmp_path: Path, address: S3Address, cluster: Cluster, proxy: FaultyProxy
) -> None:
    require("strace")
    source = settings_of(tmp_path / "source")
    shutil.copytree(template, source.data_dir)
    before = files(source.data_dir)
    target = fleet(tmp_path / "target", replace(address, endpoint=proxy.endpoint), cluster.make_database())
    assert target.blobs is not None
    assert target.database is not None
    line = ["--data-dir", str(source.data_dir), "migrate", "--to", str(target.data_dir)]
    line += ["--to-blobs", text_of(target.blobs), "--to-database", target.database.uri]
    kills = killed_until_through(line, target.data_dir)
    assert kills >= 2
    assert files(source.data_dir) == before
    blobs = len(list((source.data_dir / "content/blobs/sha256").iterdir()))
    stored = [each for each in proxy.seen if each.startswith("PUT ") and "/blobs/sha256/" in each]
    at_once = 4
    whole = [each for each in stored if "partNumber" not in each]
    assert len(whole) <= blobs + at_once * kills, "what is there is not copied again"
    parts = [each for each in proxy.seen if each.startswith("PUT ") and f"/uploads/{Digest.of(LARGE).key}/" in each]
    assert len(parts) <= 3 + kills, "a large blob goes on after its last whole part"
    check_served(target)

    back = tmp_path / "back"
    line = ["--data-dir", str(target.data_dir), "migrate", "--to", str(back)]
    config = tmp_path / "config.toml"
    config.write_text(f'blobs = "{text_of(target.blobs)}"\ndatabase = "{target.database.uri}"\n')
    assert killed_until_through(["--config", str(config), *line], back) >= 1
    check_served(settings_of(back))
