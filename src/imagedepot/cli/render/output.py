"""What commands print: JSON as the API has it, tables, and sentences. Results go to stdout, all else to stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import typer

from imagedepot.errors import InvalidInput
from imagedepot.model.text.json_text import json_text
from imagedepot.model.text.texts import clean

_WIDEST = 60  # characters of a cell, before it goes on in a second line


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


def print_asked(answer: object, as_json: bool, expression: str = "") -> bool:
    """Print what `--json` or `--format` asks for; False where neither is given. Raises `InvalidInput`."""
    if expression:
        _print_found(answer, expression)
    elif as_json:
        print_json(answer)
    return bool(expression) or as_json


def _print_found(answer: object, expression: str) -> None:
    """One line for each value of a list, JSON for what has parts."""
    import jmespath  # late: few commands are asked for it
    from jmespath.exceptions import JMESPathError

    try:
        found = jmespath.search(expression, answer)
        values = found if isinstance(found, list) else [found]
        lines = [clean(each) if isinstance(each, str) else json_text(each) for each in values if each is not None]
    # The library lets Python's own errors through, such as those of a slice by steps of 0; `&name` alone is no value.
    except (JMESPathError, RecursionError, ValueError, TypeError, ArithmeticError) as error:
        reason = str(error).partition("\n")[0] or "it is nested too deeply"
        raise InvalidInput(f"--format: not a JMESPath expression that fits: {reason}") from None
    for line in lines:
        typer.echo(line)


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[object]], empty: str = "") -> None:
    """Aligned by Rich on a terminal; elsewhere tab-separated, without titles, for `cut` and `awk`.

    `empty` is said, to stderr, in place of a table without rows.
    """
    if not rows and empty:
        note(empty)
        return
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
        last = column is columns[-1]
        # The last column gives way; a long name costs its own row a second line, and no other.
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            overflow="ellipsis" if last else "fold",
            no_wrap=last or column.right,
            max_width=None if last else _WIDEST,
        )
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
