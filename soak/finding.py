"""What a scenario found, as rows of one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `wanted` is what it has to be, in words."""

    what: str
    seen: str
    wanted: str
    holds: bool


Scenario = Callable[[Path, float], Sequence[Finding]]
"""Takes an empty folder and the seconds that it may last."""


def table(title: str, findings: Sequence[Finding]) -> str:
    """Markdown."""
    rows = [f"| {each.what} | {each.seen} | {each.wanted} | {'yes' if each.holds else '**no**'} |" for each in findings]
    return "\n".join([f"## {title}", "", "| | seen | wanted | holds |", "|---|---|---|---|", *rows, ""])
