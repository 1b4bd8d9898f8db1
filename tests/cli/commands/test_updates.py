"""`imagedepot outdated` and `imagedepot update`, without a service."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import Command
from tests.fakes.registry import FaultyRegistry
from tests.ground.images import push_image, push_index, random_layer


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str], faulty_registry: FaultyRegistry) -> Command:
    url = faulty_registry.upstream.url
    made = Command(tmp_path, capsys, registry_url=faulty_registry.url, hub_url="http://127.0.0.1:9")
    for name in ("lab/one", "lab/two"):
        push_image(url, name, "1", [random_layer(3000)])
        assert made("pull", f"{name}:1").code == 0
    push_image(url, "lab/two", "1", [random_layer(900)])
    return made


def test_outdated_lists_what_has_an_update(command: Command) -> None:
    assert "lab/two:1 has not been checked yet" in command("outdated", "--cached").err
    outdated = command("outdated")
    assert outdated.code == 0
    assert [line.split("\t")[:2] for line in outdated.out.splitlines()] == [["lab/two:1", "docker"]]
    known = command("outdated", "--cached", "--json").json
    assert [row["name"] for row in known["results"]] == ["lab/two"]


def test_update_brings_what_is_newer_and_says_what_is_not(command: Command) -> None:
    updated = command("update", "lab/one", "lab/two")
    assert updated.code == 0, updated
    assert updated.out.splitlines() == ["lab/two:1: updated", "lab/one:1: is up to date"]
    assert command("outdated").err == "No updates for 2 images\n"
    nothing = command("update", "--all")
    assert (nothing.code, nothing.err) == (0, "No updates\n")


def test_update_wants_names_or_all(command: Command) -> None:
    for arguments in ((), ("--all", "lab/one")):
        refused = command("update", *arguments)
        assert (refused.code, refused.err) == (2, "imagedepot: Name the images to update, or write --all\n")
    absent = command("update", "lab/absent")
    assert absent.err == "imagedepot: Image not found: lab/absent\n"


def test_an_upstream_that_is_away_is_named(command: Command, faulty_registry: FaultyRegistry) -> None:
    faulty_registry.stop()
    away = command("outdated")
    assert (away.code, away.out) == (0, "")
    assert "lab/one:1: " in away.err
    assert "has not been checked yet" not in away.err


def test_rules_are_set_listed_and_removed(command: Command) -> None:
    assert command("rules", "list").out == "*\tnotify\t\t\t\t\t1d\n"
    done = command("rules", "set", "lab/*", "--action", "download", "--keep", "2", "--window", "sun 02:00-05:00")
    assert done.out == "Set the rule for lab/*: download, asked every 1d\n"
    assert command("rules", "list").out.splitlines()[0] == "lab/*\tdownload\t2\t\t\tsun 02:00-05:00\t1d"
    refused = command("rules", "set", "lab/*", "--versions", "newest")
    assert refused.code == 2
    assert "is not a range of versions" in refused.err
    assert command("rules", "remove", "lab/*").out == "Removed the rule for lab/*\n"
    assert command("rules", "remove", "lab/*").err == "imagedepot: No rule for updates has the pattern 'lab/*'\n"


def test_looking_for_updates_carries_out_no_rule(command: Command, faulty_registry: FaultyRegistry) -> None:
    """More images than are asked about at once, so that some answers are here before the last question."""
    names = [f"lab/many{number}" for number in range(6)]
    for at, name in enumerate(names):
        push_image(faulty_registry.upstream.url, name, "1", [random_layer(700, at)])
        assert command("pull", f"{name}:1").code == 0
        push_image(faulty_registry.upstream.url, name, "1", [random_layer(800, at)])
    command("rules", "set", "*", "--action", "download")
    outdated = command("outdated")
    assert outdated.code == 0, outdated
    assert [line.split("\t")[0] for line in outdated.out.splitlines()] == [f"{name}:1" for name in [*names, "lab/two"]]


def test_a_preview_says_what_rules_would_do(command: Command) -> None:
    command("outdated")
    lines = command("rules", "preview", "lab/*", "--action", "download", "--min-age", "3d").out.splitlines()
    assert [line.split("\t")[2] for line in lines] == ["current", "wait"]
    assert lines[1].endswith("The newer lab/two:1 waits until it is 3d old")
    assert [row["outcome"] for row in command("rules", "preview", "--json").json] == ["current", "notify"]


def test_update_keeps_what_a_rule_keeps(command: Command) -> None:
    command("rules", "set", "*", "--action", "download", "--keep", "1")
    assert command("update", "--all").out == "lab/two:1: updated\n"
    tags = [line.split("\t")[:2] for line in command("list").out.splitlines()]
    assert [name for name, _ in tags] == ["lab/one", "lab/two", "lab/two"]
    assert tags[2][1].startswith("sha256:")


def loaded_again(command: Command, tmp_path: Path, name: str, format_: str) -> None:
    """The image leaves as an archive and comes back with it."""
    archive = str(tmp_path / "saved.tar")
    assert command("save", name, "--format", format_, "-o", archive).code == 0
    assert command("remove", name).code == 0
    assert command("load", "-i", archive).code == 0


@pytest.mark.parametrize("moves", [False, True], ids=["same", "moved"])
@pytest.mark.parametrize("format_", ["docker-archive", "oci-archive"])
def test_a_loaded_image_is_outdated_only_when_its_registry_has_another_one(
    command: Command, tmp_path: Path, faulty_registry: FaultyRegistry, format_: str, moves: bool
) -> None:
    """The digest of a docker-archive is made here, that of an oci-archive may be a part of an index: the ID tells."""
    name = f"{faulty_registry.host}/lab/index:1"
    push_index(faulty_registry.upstream.url, "lab/index", "1", ["linux/amd64", "linux/arm64"])
    assert command("pull", name).code == 0
    loaded_again(command, tmp_path, name, format_)
    if moves:
        push_index(faulty_registry.upstream.url, "lab/index", "1", ["linux/amd64", "linux/arm64"], layer_size=5000)
    found = [row for row in command("outdated", "--json").json["results"] if row["name"].endswith("lab/index")]
    assert [row["size"] > 5000 for row in found] == [True] * moves
    assert command("update", name).out == f"{name}: {'updated' if moves else 'is up to date'}\n"


def test_at_docker_hub_no_pull_is_spent_on_a_loaded_image_and_nothing_is_claimed(
    command: Command, tmp_path: Path, faulty_registry: FaultyRegistry
) -> None:
    push_image(faulty_registry.upstream.url, "lab/three", "1", [random_layer(700)])
    command("pull", "lab/three:1")
    loaded_again(command, tmp_path, "lab/three:1", "docker-archive")
    command("gc")
    faulty_registry.requests.clear()
    outdated = command("outdated")
    assert "lab/three" not in outdated.out
    assert {each.method for each in faulty_registry.requests if "lab/three" in each.path} == {"HEAD"}
    assert "lab/three:1 came with an archive, which does not say what it was in its registry" in outdated.err
