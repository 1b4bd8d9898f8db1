"""1,000 clients of three nodes over PostgreSQL and object storage: each looks at tags, pulls, now and then pushes.

They ask over real connections, through the whole of `/v2/`. What counts is that none is refused or given wrong bytes,
and what an operation costs the database: the same for one client and for all of them.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from http.client import HTTPException
from pathlib import Path

from soak.finding import Finding
from tests.e2e.service import Service
from tests.fleet.costs import new_image
from tests.ground.postgres import Cluster
from tests.ground.swift import KEY, SECRET, Swift
from tests.registry.over_http import Client

_NODES, _CLIENTS, _IMAGES, _LAYERS = 3, 1000, 20, 3
_PUSHES = 0.02  # of a client's turns
_PAUSE = 5.0  # seconds between two turns of a client, about


def clients(folder: Path, seconds: float) -> Sequence[Finding]:
    os.environ.update({"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET})
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster.running())
        swift = Swift(folder / "swift").start()
        stack.callback(swift.stop)
        swift.make_bucket("blobs")
        address = cluster.make_database()
        blobs = f"s3://blobs/depot?endpoint={swift.endpoint}&region=us-east-1"
        nobody = "http://127.0.0.1:9"
        shared = {"database": address.uri, "blobs": blobs, "registry_url": nobody, "hub_url": nobody}
        nodes = [stack.enter_context(Service(folder / f"node-{number}", **shared)) for number in range(_NODES)]
        crowd = Crowd([node.port for node in nodes], _CLIENTS, _IMAGES)
        alone = cluster_transactions(cluster, address.place), crowd.turns(1, min(20.0, seconds / 4), pause=0)
        used = cluster_transactions(cluster, address.place) - alone[0]
        before = cluster_transactions(cluster, address.place)
        done = crowd.turns(_CLIENTS, seconds)
        beside = cluster_transactions(cluster, address.place) - before
    one, many = used / max(1, alone[1]), beside / max(1, done)
    return [
        Finding("clients", f"{_CLIENTS:,}, {done:,} turns", "every one had a turn", crowd.had_turn >= _CLIENTS),
        Finding("requests", f"{crowd.counts['requests']:,}", "none failed", not crowd.failures),
        Finding("failures", "; ".join(crowd.failures[:3]) or "none", "none", not crowd.failures),
        Finding(
            "transactions of the database a turn", f"{many:.1f}", f"at most {one + 5:.1f}: of one client alone, and 5",
            many <= one + 5,
        ),
        Finding("median of a look at a tag", f"{statistics.median(crowd.took) * 1000:.0f} ms", "is shown", True),
    ]  # fmt: skip


class Crowd:
    """Each client is a thread with a connection of its own to one of the `ports`; the images are pushed first."""

    def __init__(self, ports: Sequence[int], most: int, images: int) -> None:
        self._ports = ports
        self._most = most
        self.counts: Counter[str] = Counter()
        self.failures: list[str] = []
        self.took: list[float] = []
        self._had: set[int] = set()
        self._lock = threading.Lock()
        self._names = [f"crowd/image-{number}" for number in range(images)]
        first = Client(ports[0])
        for name in self._names:
            self._push(first, name, "1")
        first.close()

    @property
    def had_turn(self) -> int:
        return len(self._had)

    def turns(self, count: int, seconds: float, pause: float = _PAUSE) -> int:
        """How many turns `count` clients had in that time."""
        before, end = self.counts["turns"], time.monotonic() + seconds
        threads = [threading.Thread(target=self._run, args=(each, end, pause), daemon=True) for each in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(seconds + 300)
        return self.counts["turns"] - before

    def _run(self, number: int, end: float, pause: float) -> None:
        dice = random.Random(number)
        client = Client(self._ports[number % len(self._ports)])
        over = threading.Event()
        over.wait(dice.random() * pause)
        while True:
            try:
                self._turn(client, dice, number)
            except (OSError, HTTPException, AssertionError, KeyError) as error:
                with self._lock:
                    self.failures.append(f"{type(error).__name__}: {error}"[:200])
                client.close()
                client = Client(self._ports[number % len(self._ports)])
            if time.monotonic() >= end:
                break
            over.wait(pause * (0.5 + dice.random()))
        client.close()

    def _turn(self, client: Client, dice: random.Random, number: int) -> None:
        name = dice.choice(self._names)
        began = time.perf_counter()
        answer = client.ask("HEAD", f"{name}/manifests/1")
        took = time.perf_counter() - began
        assert answer.status == 200, answer
        requests = 1
        if dice.random() < _PUSHES:
            requests += self._push(client, f"crowd/of-{number}", "1")
        else:
            manifest = client.ask("GET", f"{name}/manifests/1")
            assert manifest.status == 200, manifest
            for part in (manifest.json["config"], *manifest.json["layers"]):
                blob = client.ask("GET", f"{name}/blobs/{part['digest']}")
                assert (blob.status, len(blob.content)) == (200, part["size"]), (blob.status, blob.content[:200])
                requests += 1
            requests += 1
        with self._lock:
            self.took.append(took)
            self._had.add(number)
            self.counts.update(turns=1, requests=requests)

    def _push(self, client: Client, name: str, tag: str) -> int:
        manifest, bodies = new_image(_LAYERS, 20_000)
        for body in bodies:
            client.push(name, body)
        raw = json.dumps(manifest).encode()
        answer = client.ask("PUT", f"{name}/manifests/{tag}", raw, Content_Type=str(manifest["mediaType"]))
        assert answer.status == 201, answer.content
        return 2 * len(bodies) + 1


def cluster_transactions(cluster: Cluster, place: str) -> int:
    """Committed so far in the database; its own statistics lag by up to a second."""
    time.sleep(1.5)
    name = place.rpartition("/")[2]
    ((found,),) = cluster.run("postgres", f"SELECT xact_commit FROM pg_stat_database WHERE datname = '{name}'")
    assert isinstance(found, int)
    return found
