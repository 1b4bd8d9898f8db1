"""A bucket belongs to one data folder: with another, a clean-up would delete what that one's images need."""

from __future__ import annotations

import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from imagedepot.config import load
from imagedepot.content.backends.local import BlobStore
from imagedepot.database.connection import Database
from imagedepot.database.stored import DATABASE
from imagedepot.errors import InvalidSetting
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.names.s3_address import S3Address
from imagedepot.protocols import Blobs
from imagedepot.wiring.blobs import open_blobs


def opened(data: Path, address: S3Address | None) -> AbstractContextManager[Blobs]:
    data.mkdir(exist_ok=True)
    text = f"s3://{address.bucket}/{address.prefix}?endpoint={address.endpoint}" if address else ""
    flags = {"IMAGEDEPOT_DATA_DIR": str(data), **({"IMAGEDEPOT_BLOBS": text} if text else {})}
    return open_blobs(load(flags, environment={}, files=()), DiskSpace(data))


def test_a_folder_and_its_bucket_stay_together(tmp_path: Path, address: S3Address) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for _ in range(2):
        with opened(one, address):
            pass
    with pytest.raises(InvalidSetting, match="holds the blobs of another data folder"), opened(other, address):
        pass
    elsewhere = S3Address(address.bucket, "elsewhere/", address.endpoint)
    named = f"are in s3://blobs/{address.prefix[:-1]}, and not in"
    with pytest.raises(InvalidSetting, match=named), opened(one, elsewhere):
        pass
    with pytest.raises(InvalidSetting, match="without it no image would be whole"), opened(one, None):
        pass


def test_a_start_that_ended_in_the_middle_of_its_claim_goes_on(tmp_path: Path, address: S3Address) -> None:
    with opened(tmp_path, address):
        pass
    mine = (tmp_path / "bucket.json").read_text().split('"')[7]
    (tmp_path / "bucket.json").rename(tmp_path / "gone")
    (tmp_path / "bucket.json.claim").write_text(mine)
    with opened(tmp_path, address):
        pass
    assert mine in (tmp_path / "bucket.json").read_text()


def test_a_folder_with_blobs_is_not_given_a_bucket(tmp_path: Path, address: S3Address) -> None:
    BlobStore(tmp_path).put(b"one")
    with pytest.raises(InvalidSetting, match="has blobs already"), opened(tmp_path, address):
        pass


def test_a_backup_is_of_the_folder_alone_and_keeps_its_bucket(tmp_path: Path, address: S3Address) -> None:
    data = tmp_path / "data"
    with opened(data, address):
        pass
    Database(data / DATABASE).close()
    backup = str(tmp_path / "all.tar")
    done = command(data, "backup", backup)
    assert done.returncode == 4, done
    assert "back that up with its own tools" in done.stderr
    assert command(data, "backup", "--without-blobs", backup).returncode == 0
    again = tmp_path / "again"
    done = command(again, "restore", backup)
    assert done.returncode == 0, done
    with opened(again, address):
        pass


def command(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "imagedepot", "--data-dir", str(data), *words]
    return subprocess.run(line, capture_output=True, text=True, check=False)
