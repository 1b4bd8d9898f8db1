from __future__ import annotations

from pathlib import Path

from imagedepot.cli.exits import MEANINGS
from imagedepot.config import SETTINGS
from tools.docs import PAGES, lagging


def test_the_generated_pages_are_what_the_code_says() -> None:
    assert lagging() == [], "run `make docs`"


def test_a_page_that_lags_is_named(tmp_path: Path) -> None:
    for name, page in PAGES.items():
        (tmp_path / name).write_text(page(), encoding="utf-8")
    assert lagging(tmp_path) == []
    (tmp_path / "cli.md").write_text("old\n")
    (tmp_path / "settings.md").unlink()
    assert lagging(tmp_path) == ["cli.md", "settings.md"]


def test_every_command_exit_code_and_setting_is_there() -> None:
    commands, settings = PAGES["cli.md"](), PAGES["settings.md"]()
    assert "## imagedepot catalog refresh\n" in commands
    assert all(meaning in commands for meaning in MEANINGS.values())
    assert all(f"`{setting.name}` | `{setting.flag}`" in settings for setting in SETTINGS)
