"""`make soak`: every scenario in turn, each printed as a table when it ends.

`python -m soak [SECONDS] [NAME…]`; SECONDS are those of each scenario (300). The exit code is 1 when something does not
hold.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from soak.backups import backups
from soak.clients import clients
from soak.crowd import crowd
from soak.finding import Scenario, table
from soak.kills import kills
from soak.openings import openings

SCENARIOS: Mapping[str, Scenario] = {
    "crowd": crowd,
    "kills": kills,
    "openings": openings,
    "backups": backups,
    "clients": clients,
}


def main(arguments: Sequence[str]) -> int:
    seconds = next((float(each) for each in arguments if each.isdigit()), 300.0)
    names = [each for each in arguments if not each.isdigit()] or list(SCENARIOS)
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        print(f"There is no scenario {unknown[0]}: use {', '.join(SCENARIOS)}", file=sys.stderr)
        return 2
    holds = True
    for name in names:
        with tempfile.TemporaryDirectory(prefix="soak-") as folder:
            findings = SCENARIOS[name](Path(folder), seconds)
        print(table(f"{name}, {seconds:g} seconds", findings), flush=True)
        holds = holds and all(each.holds for each in findings)
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
