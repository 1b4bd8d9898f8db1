"""`imagedepot settings`, with no service."""

from __future__ import annotations

from tests.cli.command import Command


def test_a_number_is_listed_with_its_bounds_as_the_api_lists_it(command: Command) -> None:
    rows = {row["name"]: row for row in command("settings", "list", "--json").json}
    number, text = rows["IMAGEDEPOT_MAX_DOWNLOADS"], rows["IMAGEDEPOT_DOCKER"]
    assert (number["value"], number["lowest"], number["highest"]) == ("3", 1, 64)
    assert (text["value"], text["lowest"], text["highest"]) == ("embedded", None, None)
