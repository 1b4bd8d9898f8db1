"""What a catalog of 5,000 rows, some of them broken, costs beside parsing its JSON (`python -m bench.catalog`).

In one process and alternating: `json.loads` of the bytes, reading them into rows ready to be listed, and one list.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable

from imagedepot.remote.catalogs.collection import Collection
from imagedepot.remote.catalogs.recognise import parse_catalog
from imagedepot.remote.catalogs.source import State
from imagedepot.remote.http.address import OWNER

ROWS = 5000
LIMIT = 15.0  # generous, for machines that are shared: it takes about seven times as long


def catalog() -> bytes:
    """Every tenth row is broken."""
    rows = [
        {
            "displayName": f"Thing {number}",
            "name": "NOT A NAME" if number % 10 == 0 else f"user{number % 50}/thing-{number}",
            "version": "1.2",
            "arch": "amd64",
            "type": "docker",
            "repository": "dockerhub",
            "icon": f"https://example.org/icons/thing-{number}.png",
            "location": f"https://hub.docker.com/r/user{number % 50}/thing-{number}/",
            "description": f"What people say of thing number {number}, in one sentence of the usual length.",
        }
        for number in range(ROWS)
    ]
    return json.dumps(rows).encode()


def main(rounds: int = 15) -> int:
    """The exit code: 1 when reading costs more than `LIMIT` times as much as `json.loads`."""
    raw = catalog()
    collection = _read(raw)
    assert len(collection.rows) == ROWS * 9 // 10
    work: dict[str, Callable[[], object]] = {
        "json.loads": lambda: json.loads(raw),
        "read into rows": lambda: _read(raw),
        "filter them": lambda: [
            row for row, text in zip(collection.rows, collection.sought, strict=True) if "7" in text
        ],
    }
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, each in work.items():
            began = time.perf_counter()
            each()
            taken[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(times) for name, times in taken.items()}
    for name, median in medians.items():
        print(f"{name:16} {median * 1000:8.2f} ms  {median / medians['json.loads']:6.2f}x")
    return int(medians["read into rows"] / medians["json.loads"] > LIMIT)


def _read(raw: bytes) -> Collection:
    collection = Collection([State("bench", parse_catalog(raw), OWNER)])
    assert collection.rows
    assert collection.sought
    return collection


if __name__ == "__main__":
    sys.exit(main())
