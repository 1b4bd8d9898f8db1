"""One download while a person looks: a bar for each layer on a terminal, a few quiet lines elsewhere.

Both write to stderr, so that stdout holds results only.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

from imagedepot.cli.backend.protocol import Json
from imagedepot.cli.render.amounts import clock, count, seconds, size
from imagedepot.cli.render.output import note
from imagedepot.model.text.texts import clean, short

_SECONDS_BETWEEN_LINES = 10.0
_MOST_BARS = 12
_DIGITS = 12  # of a digest, as people know them from elsewhere


def follow(rows: Iterable[Json], title: str) -> Json:
    """Show a download until its last row, which is returned."""
    return _as_bars(rows, title) if sys.stderr.isatty() else _as_lines(rows, title)


def _as_lines(rows: Iterable[Json], title: str) -> Json:
    last: Json = {}
    said, quiet_until = "", time.monotonic() + _SECONDS_BETWEEN_LINES
    for last in rows:
        if last["total"] is not None and not said and last["layers"]:
            said = f"{title}: {size(last['total'])} in {count(len(last['layers']), 'part')}"
            note(said)
        elif time.monotonic() >= quiet_until and last["percent"] is not None:
            note(f"{title}: {_news(last)}")
            quiet_until = time.monotonic() + _SECONDS_BETWEEN_LINES
    return last


def _as_bars(rows: Iterable[Json], title: str) -> Json:
    # Late: Rich takes 80 ms, which only a terminal needs.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn

    last: Json = {}
    columns = (
        TextColumn("{task.fields[name]}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[amount]}", markup=False, justify="right"),
        TextColumn("{task.fields[state]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=8) as bars:
        whole = bars.add_task("", name=short(title, 40), amount="", state="", total=None)
        tasks: dict[str, TaskID] = {}
        for last in rows:
            seen = _given(last) or {"bytes": last["bytes"], "total": last["total"]}
            bars.update(whole, total=seen["total"], completed=seen["bytes"], amount=_amount(seen), state=_state(last))
            shown = {layer["digest"]: layer for layer in last["layers"] if layer["status"] not in ("done", "shared")}
            for gone in [digest for digest in tasks if digest not in shown]:
                bars.remove_task(tasks.pop(gone))
            for digest in list(shown)[:_MOST_BARS]:
                if digest not in tasks:
                    name = "  " + clean(digest.rpartition(":")[2][:_DIGITS])
                    tasks[digest] = bars.add_task("", name=name, amount="", state="", total=None)
                layer = shown[digest]
                bars.update(
                    tasks[digest],
                    total=layer["size"],
                    completed=layer["bytes"],
                    amount=_amount({"bytes": layer["bytes"], "total": layer["size"]}),
                    state=layer["status"],
                )
    return last


def _news(row: Json) -> str:
    given = _given(row)
    if given:
        return f"{_amount(given)} {row['status']}"
    return f"{row['percent']} % of {size(row['total'])}, {_state(row)}"


def _given(row: Json) -> Json | None:
    """How much of the image an engine has taken, once all of it is here."""
    if row["install_total"] is None:
        return None
    return {"bytes": row["installed_bytes"], "total": row["install_total"]}


def _amount(row: Json) -> str:
    return f"{size(row['bytes'])} of {size(row['total'])}" if row["total"] is not None else size(row["bytes"])


def _state(row: Json) -> str:
    if row["waiting_since"] is not None:
        return f"silent since {clock(row['waiting_since'])}"
    return _pace(row) if row["status"] == "downloading" else str(row["status"])


def _pace(row: Json) -> str:
    if row["rate"] is None:
        return str(row["status"])
    return f"{size(row['rate'])}/s" + (f", {seconds(row['eta'])} left" if row["eta"] is not None else "")
