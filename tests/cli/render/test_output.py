from __future__ import annotations

import json

import pytest

from imagedepot.cli.render.output import Column, note, print_json, print_table, say


def test_elsewhere_than_on_a_terminal_cells_are_tab_separated(capsys: pytest.CaptureFixture[str]) -> None:
    print_table((Column("A"), Column("B", right=True)), [("x", 1), ("y\ttab\n", "")])
    assert capsys.readouterr().out == "x\t1\ny tab\t\n"


def test_json_is_one_line_of_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "ü\x1b"})
    printed = capsys.readouterr().out
    assert printed == '{"name": "\\u00fc\\u001b"}\n'
    assert json.loads(printed) == {"name": "ü\x1b"}


def test_json_has_null_for_a_number_that_is_no_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": float("nan"), "b": 1.5})
    assert capsys.readouterr().out == '{"a": null, "b": 1.5}\n'


def test_results_go_to_stdout_and_all_else_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    say("a result")
    note("a warning\x07")
    assert capsys.readouterr() == ("a result\n", "a warning\n")
