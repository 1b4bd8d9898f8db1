"""Command lines carried out by the test's own process, on a data folder of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from imagedepot.cli.main import run


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self
        return json.loads(self.out)


class Command:
    """`command("list", "--json")`; settings come from a file, so that no environment needs to change."""

    def __init__(self, folder: Path, captured: pytest.CaptureFixture[str], **settings: str) -> None:
        self.data = folder / "data"
        self._captured = captured
        self._config = folder / "config.toml"
        lines = {"data_dir": str(self.data), **settings}
        self._config.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items()))

    def __call__(self, *arguments: str) -> Outcome:
        self._captured.readouterr()
        code = run(["--config", str(self._config), *arguments])
        said = self._captured.readouterr()
        return Outcome(code, said.out, said.err)
