"""What a backup holds comes back, and nothing that is there gets lost by it."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from imagedepot.backup.members import STATE, is_state
from imagedepot.backup.restore import restore
from imagedepot.backup.save import back_up
from imagedepot.config import load
from imagedepot.files.locks import data_dir_lock
from imagedepot.wiring.services import open_services
from tests.backup.conftest import Make
from tests.cli.command import Command
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry

MADE_AGAIN = {"lock", "spare", "partial", "cache", "quarantine", "control.sock", "restore"}


def names(command: Command) -> list[str]:
    return sorted(f"{row['name']}:{tag}" for row in command("list", "--json").json["results"] for tag in row["tags"])


def members(file: Path) -> dict[str, int]:
    with tarfile.open(file) as tar:
        return {each.name: each.size for each in tar}


def test_images_users_tokens_and_secrets_come_back(filled: Command, make: Make, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    assert filled("backup", str(file)).out.startswith("Backed up ")
    other = make("other")
    assert other("restore", str(file)).out.startswith("Restored ")
    for question in (("list", "--json"), ("user", "list", "--json"), ("token", "list", "--json")):
        assert other(*question).json == filled(*question).json
    assert other("verify", "--json").json["problems"] == []
    shown = {
        at: command("tls", "show", "--json").json["authority"]["sha256"] for at, command in enumerate((filled, other))
    }
    assert shown[0] == shown[1]


def test_secrets_are_for_the_owner_alone(filled: Command, make: Make, tmp_path: Path) -> None:
    file, other = tmp_path / "backup.tar", make("other")
    file.touch(mode=0o644)
    filled("backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600, "the file holds them too"
    assert other("restore", str(file)).code == 0
    secret = [other.data / "imagedepot.db", *other.data.glob("tls/*.key")]
    assert [path.stat().st_mode & 0o777 for path in secret] == [0o600] * 3
    assert (other.data / "tls").stat().st_mode & 0o777 == 0o700


def test_other_programs_can_check_it(filled: Command, tmp_path: Path) -> None:
    filled("backup", str(tmp_path / "backup.tar"))
    subprocess.run(["tar", "xf", tmp_path / "backup.tar", "-C", tmp_path], check=True)
    done = subprocess.run(["sha256sum", "-c", "--strict", "--quiet", "checksums"], cwd=tmp_path, check=False)
    assert done.returncode == 0
    assert json.loads((tmp_path / "imagedepot-backup.json").read_text())["format"] == 1


def test_without_blobs_it_is_small_and_the_registry_gives_the_rest(filled: Command, make: Make, tmp_path: Path) -> None:
    file, other = tmp_path / "small.tar", make("other")
    assert filled("backup", "--without-blobs", str(file)).code == 0
    assert sum(size for name, size in members(file).items() if name.startswith("content/blobs")) < 5_000
    restored = other("restore", str(file))
    assert restored.code == 0
    assert "`imagedepot verify --repair` fetches" in restored.err
    assert other("verify", "--repair").code == 0
    assert other("verify", "--json").json["problems"] == []
    assert names(other) == ["lab/app:1", "lab/tool:1"]


def test_it_is_put_into_an_empty_folder_unless_told(filled: Command, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    filled("backup", str(file))
    assert filled("remove", "lab/tool:1").code == 0
    refused = filled("restore", str(file))
    assert refused.code == 4
    assert f"imagedepot: The data folder {filled.data} is not empty: " in refused.err
    assert names(filled) == ["lab/app:1"]
    assert filled("restore", "--replace", str(file)).code == 0
    assert names(filled) == ["lab/app:1", "lab/tool:1"]
    assert filled("verify", "--json").json["problems"] == []


def test_a_small_backup_put_over_the_folder_brings_the_state_back_and_keeps_the_blobs(
    filled: Command, tmp_path: Path, docker_registry: DockerRegistry
) -> None:
    file = tmp_path / "small.tar"
    filled("backup", "--without-blobs", str(file))
    push_image(docker_registry.url, "lab/later", "1", [random_layer(9_000, 7)])
    assert filled("pull", "lab/later:1").code == 0
    assert filled("user", "add", "bob", "--password-file", str(tmp_path / "password")).code == 0
    assert filled("restore", "--replace", str(file)).code == 0
    assert names(filled) == ["lab/app:1", "lab/tool:1"]
    assert [row["username"] for row in filled("user", "list", "--json").json] == ["ada"]
    assert filled("verify", "--json").json["problems"] == []
    assert filled("gc", "--json").json["freed"] > 9_000, "what nothing needs any more is freed"


def test_it_goes_through_a_pipe(filled: Command, tmp_path: Path) -> None:
    back = f"imagedepot --config {filled.data.parent}/config.toml backup -"
    there = f"imagedepot --data-dir {tmp_path}/there restore -"
    subprocess.run(
        ["sh", "-ec", f"{back} | {there}"],
        check=True,
        capture_output=True,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(tmp_path)},
    )
    assert (tmp_path / "there/content/index.json").read_bytes() == (filled.data / "content/index.json").read_bytes()


def test_an_image_that_is_removed_in_the_meantime_is_not_named(filled: Command, make: Make, tmp_path: Path) -> None:
    gone: list[int] = []

    def remove() -> None:
        if not gone:
            gone.append(filled("remove", "lab/tool:1").code)

    # Without blobs all that is named is copied after the state: the removal comes between.
    saved = back_up(filled.data, str(tmp_path / "backup.tar"), with_blobs=False, paused=remove)
    assert (gone, list(saved.lacking)) == ([0], [])
    other = make("other")
    assert other("restore", str(tmp_path / "backup.tar")).code == 0
    assert names(other) == ["lab/app:1"]


def test_an_image_that_comes_in_the_meantime_is_whole_or_not_named(
    filled: Command, make: Make, tmp_path: Path, docker_registry: DockerRegistry
) -> None:
    push_image(docker_registry.url, "lab/late", "1", [random_layer(9_000, 8)])
    back_up(filled.data, str(tmp_path / "backup.tar"), paused=lambda: filled("pull", "lab/late:1"))
    other = make("other")
    assert other("restore", str(tmp_path / "backup.tar")).code == 0
    assert set(names(other)) <= {"lab/app:1", "lab/tool:1", "lab/late:1"}
    assert other("verify", "--json").json["problems"] == []


def test_what_was_damaged_or_lost_before_is_named(filled: Command, make: Make, tmp_path: Path) -> None:
    large = sorted((path for path in filled.data.glob("content/blobs/sha256/*")), key=lambda path: path.stat().st_size)
    large[-1].write_bytes(b"damaged")
    large[-2].unlink()
    saved = filled("backup", str(tmp_path / "backup.tar"))
    assert "1 file that images need are not in the data folder" in saved.err
    other = make("other")
    restored = other("restore", str(tmp_path / "backup.tar"))
    assert "1 file had been damaged before the backup was made" in restored.err
    assert other("verify", "--repair").code == 0
    assert other("verify", "--json").json["problems"] == []


def test_a_folder_that_is_in_use_is_not_restored_into(filled: Command, make: Make, tmp_path: Path) -> None:
    filled("backup", str(tmp_path / "backup.tar"))
    other = make("other")
    with data_dir_lock(other.data):
        refused = other("restore", str(tmp_path / "backup.tar"))
    assert refused.code == 4
    assert "is in use by another Image Depot" in refused.err


@pytest.mark.parametrize("file", ["missing/backup.tar", "/dev/full"])
def test_what_cannot_be_written_is_a_sentence_and_leaves_nothing(filled: Command, file: str, tmp_path: Path) -> None:
    target = tmp_path / file  # which an absolute path replaces
    refused = filled("backup", str(target))
    assert refused.code == 8
    assert refused.err.startswith(f"imagedepot: Cannot write the backup {target}: ")
    assert not target.is_file()


def test_a_missing_folder_is_not_backed_up(make: Make, tmp_path: Path) -> None:
    command = make("none")
    assert command("backup", str(tmp_path / "backup.tar")).code == 3
    assert not (tmp_path / "backup.tar").exists()
    assert not command.data.exists()


def test_each_file_that_the_service_keeps_is_backed_up_or_made_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with open_services(load({"IMAGEDEPOT_DATA_DIR": str(data)}, environment={}, files=[])):
        kept = {str(path.relative_to(data)) for path in data.rglob("*") if path.is_file()}
    left = {name for name in kept if not is_state(name) and name.partition("/")[0] not in MADE_AGAIN}
    assert left - {"imagedepot.db-wal", "imagedepot.db-shm", "content/index.json.bak"} == set()
    assert set(STATE) & kept


def test_an_empty_folder_is_backed_up_too(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    back_up(tmp_path / "data", str(tmp_path / "backup.tar"))
    assert restore(tmp_path / "other", str(tmp_path / "backup.tar")).files == 0
