"""`make bench`: everything beside its peers; prints the tables and writes `docs/bench.md` and its plot.

`python -m bench [ROUNDS] [pulls|lists]`; fewer rounds are quicker and say less. The exit code is 1 when a gate does
not hold.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.lists import lists
from bench.pull import pulls
from bench.report import Figure, table, write

_DOCS = Path(__file__).parent.parent / "docs"


def main(arguments: Sequence[str]) -> int:
    rounds = next((int(each) for each in arguments if each.isdigit()), 7)
    parts = [each for each in arguments if not each.isdigit()] or ["pulls", "lists"]
    sections: list[tuple[str, Sequence[Figure]]] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        if "pulls" in parts:
            speed, memory = pulls(folder, rounds)
            sections += [("Bringing images", speed), ("Memory", memory)]
        if "lists" in parts:
            sections.append(("Local calls", lists(folder, rounds)))
    for title, figures in sections:
        print(table(title, figures))
    if len(parts) == 2:
        write(_DOCS, sections)
    return 0 if all(each.holds for _, figures in sections for each in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
