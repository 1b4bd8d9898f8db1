"""What was measured as tables of Markdown, one gate a row, and as one plot of plain SVG."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

_BAR, _GAP, _LEFT, _SCALE = 18, 8, 330, 380


@dataclass(frozen=True, slots=True)
class Figure:
    """One result: `value` must be at most `gate` (at least, where `at_least`). `told` is what stands beside it."""

    what: str
    value: float
    gate: float
    told: str
    unit: str = "x"
    at_least: bool = False

    @property
    def holds(self) -> bool:
        return self.value >= self.gate if self.at_least else self.value <= self.gate


def table(title: str, figures: Sequence[Figure]) -> str:
    rows = [
        f"| {each.what} | {each.value:.2f} {each.unit} | {'at least' if each.at_least else 'at most'} {each.gate:g} "
        f"{each.unit} | {'yes' if each.holds else '**no**'} | {each.told} |"
        for each in figures
    ]
    return "\n".join([f"## {title}", "", "| | measured | gate | holds | medians |", "|---|---|---|---|---|", *rows, ""])


def write(docs: Path, sections: Sequence[tuple[str, Sequence[Figure]]]) -> None:
    """`bench.md` and `bench.svg` in `docs`."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    head = (
        "<!-- Written by `make bench`; changes here are overwritten. -->\n# Measured beside its peers\n\n"
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {os.cpu_count()} cores, Linux {platform.release()}, Python "
        f"{platform.python_version()}; load at the end {load}. Every contender ran once a round, in turns, after one "
        "round that is not counted; the figures are ratios of medians. The machine was shared: read ratios, not "
        "seconds.\n\n![Ratios to the peers](bench.svg)\n"
    )
    (docs / "bench.md").write_text("\n".join([head, *(table(title, figures) for title, figures in sections)]))
    (docs / "bench.svg").write_text(plot([each for _, figures in sections for each in figures if each.unit == "x"]))


def plot(figures: Sequence[Figure]) -> str:
    """One bar for each ratio, its gate as a line; as wide as the largest that is shown, 1.2 at most."""
    height = len(figures) * (_BAR + _GAP) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 780 {height}" width="780" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="780" height="{height}" fill="#fff"/>',
    ]
    for at, each in enumerate(figures):
        top = 12 + at * (_BAR + _GAP)
        width, gate = min(each.value, 1.1) * _SCALE, min(each.gate, 1.1) * _SCALE
        colour = "#2f7d5b" if each.holds else "#b3402e"
        parts += [
            f'<text x="{_LEFT - 8}" y="{top + 13}" text-anchor="end" fill="#222">{escape(each.what)}</text>',
            f'<rect x="{_LEFT}" y="{top}" width="{width:.1f}" height="{_BAR}" fill="{colour}"/>',
            f'<path d="M{_LEFT + gate:.1f} {top - 3}v{_BAR + 6}" stroke="#222"/>',
            f'<text x="{_LEFT + max(width, gate) + 6:.1f}" y="{top + 13}" fill="#222">{each.value:.2f}x</text>',
        ]
    parts += [
        f'<text x="{_LEFT}" y="{height - 8}" fill="#555">ratio to the peer; the line is the gate</text>',
        "</svg>\n",
    ]
    return "\n".join(parts)
