from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from imagedepot.cli.render.bars import follow
from tests.ground.waiting import wait_until


def row(status: str, bytes_: int, total: int | None, installed: int | None = None) -> dict[str, Any]:
    layer = {"digest": "sha256:" + "ab" * 32, "size": total, "bytes": bytes_, "status": status}
    return {
        "status": status,
        "bytes": bytes_,
        "total": total,
        "percent": None if total is None else bytes_ * 100 // total,
        "rate": 5e6,
        "eta": 3.0,
        "installed_bytes": installed,
        "waiting_since": None,
        "install_total": None if installed is None else 200,
        "layers": [layer] if total is not None else [],
    }


ROWS = [row("waiting", 0, None), row("downloading", 50, 100), row("downloading", 90, 100), row("done", 100, 100)]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextmanager
def stderr(stream: io.StringIO) -> Iterator[io.StringIO]:
    before, sys.stderr = sys.stderr, stream
    try:
        yield stream
    finally:
        sys.stderr = before


def test_elsewhere_than_on_a_terminal_it_is_a_quiet_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert follow(ROWS, "redis:7") == ROWS[-1]
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "redis:7: 100 B in 1 part\n")


def test_on_a_terminal_each_layer_has_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    terminal = Terminal()

    def drawn(text: str) -> bool:
        return text in terminal.getvalue()

    def seen() -> Iterator[dict[str, Any]]:
        for each in ROWS:
            yield each
            if each["status"] == "downloading":
                wait_until(partial(drawn, f"{each['bytes']} B of 100 B 5.0 MB/s, 3 s left"))

    with stderr(terminal):
        assert follow(seen(), "redis:7[bold]") == ROWS[-1]
    assert "redis:7[bold]" in terminal.getvalue()  # no stranger's text is read as markup
    assert "abababababab" in terminal.getvalue()


def test_how_far_an_engine_has_taken_it_has_a_bar_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    terminal = Terminal()

    def seen() -> Iterator[dict[str, Any]]:
        yield row("installing", 100, 100, installed=50)
        wait_until(lambda: "50 B of 200 B installing" in terminal.getvalue())

    with stderr(terminal):
        follow(seen(), "redis:7")


def test_nothing_to_follow_is_nothing_said(capsys: pytest.CaptureFixture[str]) -> None:
    done = {**row("done", 0, None), "layers": []}
    assert follow([done], "redis:7") == done
    assert capsys.readouterr().err == ""
