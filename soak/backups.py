"""Backups taken while images come and go: each restores into a new folder, verifies, and its downloads end there."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from soak.finding import Finding
from soak.outcome import Outcome
from tests.e2e.service import Service
from tests.fakes.delivery import slow
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.ground.waiting import wait_until

_IMAGES = 20
_LAYER = 3_000_000


def backups(folder: Path, seconds: float) -> Sequence[Finding]:
    outcome = run(folder, seconds, _IMAGES)
    count = outcome.counts["backups"]
    return [
        Finding("lost", "; ".join(outcome.lost) or "0", "0", not outcome.lost),
        Finding("wrong", "; ".join(outcome.wrong) or "0", "0", not outcome.wrong),
        Finding("backups", str(count), "at least one", count > 0),
    ]


def run(folder: Path, seconds: float, images: int) -> Outcome:
    """One round at least: `images` downloads at a time, a backup in their midst, and its restore."""
    outcome = Outcome()
    real = DockerRegistry(folder / "registry").start()
    try:
        with FaultyRegistry(real.url) as registry:
            names = [f"lab/image{number}" for number in range(images)]
            shared = random_layer(_LAYER // 2, 1)
            for number, name in enumerate(names):
                push_image(real.url, name, "1", [shared, random_layer(_LAYER, 10 + number)])
            service = Service(folder / "data", registry_url=registry.url, max_downloads=str(min(images, 10)))
            with service:
                limit = time.monotonic() + seconds
                while not outcome.counts["backups"] or time.monotonic() < limit:
                    _round(folder, service, registry, names, outcome)
    finally:
        real.stop()
    return outcome


def _round(folder: Path, service: Service, registry: FaultyRegistry, names: list[str], outcome: Outcome) -> None:
    registry.inject(slow(_LAYER), BLOBS)
    promised = random.sample(names, len(names) // 2)
    for name in names:
        service.post(f"/image/dockerhub/docker/{name}/1/download")
    end = threading.Event()
    changing = threading.Thread(target=_change, args=(service, [each for each in names if each not in promised], end))
    changing.start()
    try:
        wait_until(lambda: any(row["percent"] for row in service.get("/image/downloadstatus")), 120)
        saved = service.command("backup", str(folder / "backup.tar"), check=False)
    finally:
        end.set()
        changing.join()
        registry.rules.clear()
    if saved.returncode or "not in the data folder" in saved.stderr:
        outcome.wrong.append(f"the backup: {saved.returncode} {saved.stderr}")
    else:
        _restore(folder, registry, promised, outcome)
    outcome.counts["backups"] += 1
    service.ended()
    for name in service.names():
        service.call("DELETE", f"/image/local/docker/{name}")


def _change(service: Service, names: list[str], end: threading.Event) -> None:
    """Images are removed, and asked for again."""
    while not end.wait(0.1):
        for name in names:
            service.call("DELETE", f"/image/local/docker/{name}")
            service.call("POST", f"/image/dockerhub/docker/{name}/1/download")


def _restore(folder: Path, registry: FaultyRegistry, promised: list[str], outcome: Outcome) -> None:
    """What was promised before the backup comes, since the rows of downloads are in it."""
    there = Service(folder / "restored", registry_url=registry.url)
    done = there.command("restore", str(folder / "backup.tar"), check=False)
    if done.returncode:
        outcome.wrong.append(f"the restore: {done.returncode} {done.stderr}")
        return
    with there:
        there.ended()
        problems = there.post("/space/verify", {})["problems"]
        outcome.wrong += [f"verify: {problem}" for problem in problems]
        outcome.lost += sorted(set(promised).difference(there.names()))
    shutil.rmtree(there.data)
