"""What commands print: JSON as the API has it, tables, and sentences. Results go to stdout, all else to stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import typer

from imagedepot.model.json_text import json_text
from imagedepot.model.texts import clean


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    right: bool = False  # numbers


def on_terminal() -> bool:
    """Whether a person looks at the results."""
    return sys.stdout.isatty()


def print_json(answer: object) -> None:
    """One line for programs, indented for people; ASCII, so that no stranger's text can steer a terminal."""
    typer.echo(json_text(answer, indent=2 if on_terminal() else None))


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> None:
    """Aligned by Rich on a terminal; elsewhere tab-separated, without titles, for `cut` and `awk`."""
    cells = [[clean(cell) for cell in row] for row in rows]
    if not on_terminal():
        for row in cells:
            typer.echo("\t".join(row))
        return
    # Late: Rich takes 80 ms, which only a terminal needs.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.title, justify="right" if column.right else "left", overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))  # Text: no stranger's text is read as markup
    Console().print(table)


def say(sentence: str) -> None:
    """A result for people."""
    typer.echo(clean(sentence))


def print_lines(text: str) -> None:
    """The lines of a file of our own, as they are."""
    typer.echo(text.rstrip("\n"))


def note(sentence: str) -> None:
    """Progress, warnings and errors: to stderr."""
    typer.echo(clean(sentence), err=True)
