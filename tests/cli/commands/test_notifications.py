"""`imagedepot notifications`, without a running service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import Command
from tests.fakes.hooks import HookServer


@pytest.fixture
def server() -> Iterator[HookServer]:
    with HookServer() as server:
        yield server


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(tmp_path, capsys)


def test_channels_are_added_tested_listed_and_removed(command: Command, server: HookServer, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("0WN-SECRET\n")
    row = command(
        "notifications",
        "add",
        "webhook",
        "home",
        f"{server.url}/x",
        "--secret-file",
        str(key),
        "--event",
        "failed",
        "--json",
    ).json
    assert (row["name"], row["address"], row["events"], row["secret"]) == ("home", f"{server.url}/…", ["failed"], None)
    assert command("notifications", "test", row["id"]).code == 0
    assert server.bodies[0]["title"] == "Image Depot: test"
    listed = command("notifications", "list")
    assert (listed.code, "home" in listed.out, "SECRET" in listed.out) == (0, True, False)
    assert command("notifications", "list", "--json").json[0]["sent"] is not None
    assert command("notifications", "remove", row["id"]).code == 0
    assert command("notifications", "list", "--json").json == []


def test_a_made_key_is_printed_alone_for_a_script(command: Command, server: HookServer) -> None:
    outcome = command("notifications", "add", "webhook", "home", server.url)
    assert outcome.out.startswith("whsec_")
    assert len(outcome.out.splitlines()) == 1
    assert "not shown again" in outcome.err


def test_what_goes_wrong_is_one_sentence(command: Command, server: HookServer) -> None:
    for arguments, sentence in (
        (("add", "webhook", "home", "ftp://a"), "not an http or https URL"),
        (("add", "email", "home", "smtp://mail.lan"), "recipients"),
        (("add", "ntfy", "home", "https://ntfy.sh/a", "--secret-file", "/does/not/exist"), "Cannot read"),
        (("remove", "9"), "no notification channel 9"),
        (("test", "9"), "no notification channel 9"),
    ):
        outcome = command("notifications", *arguments)
        assert outcome.code != 0, arguments
        assert sentence in outcome.err
        assert len(outcome.err.splitlines()) == 1
    id_ = command("notifications", "add", "webhook", "home", server.url, "--json").json["id"]
    server.status = 500
    outcome = command("notifications", "test", id_)
    assert (outcome.code != 0, "answered 500" in outcome.err) == (True, True)
