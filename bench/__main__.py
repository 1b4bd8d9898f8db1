"""`make bench`: everything beside its peers; prints the tables and writes `docs/bench.md` and its plot.

`python -m bench [ROUNDS] [pulls|lists|registry|mirror]`; fewer rounds are quicker and say less. The exit code is 1 when
a gate does not hold.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.lists import lists
from bench.mirror import mirror
from bench.pull import pulls
from bench.registry import registry
from bench.report import Figure, table, write

_PARTS = ("pulls", "lists", "registry", "mirror")
_DOCS = Path(__file__).parent.parent / "docs"


def main(arguments: Sequence[str]) -> int:
    rounds = next((int(each) for each in arguments if each.isdigit()), 7)
    parts = [each for each in arguments if not each.isdigit()] or list(_PARTS)
    sections: list[tuple[str, Sequence[Figure]]] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        if "pulls" in parts:
            speed, memory = pulls(folder, rounds)
            sections += [("Bringing images", speed), ("Memory", memory)]
        if "lists" in parts:
            sections.append(("Local calls", lists(folder, rounds)))
        if "registry" in parts:
            sections.append(("The registry face", registry(folder, rounds)))
        if "mirror" in parts:
            sections.append(("Cold pulls through the mirror", mirror(folder, rounds)))
    for title, figures in sections:
        print(table(title, figures))
    if set(parts) == set(_PARTS):
        write(_DOCS, sections)
    return 0 if all(each.holds for _, figures in sections for each in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
