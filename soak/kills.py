"""Downloads, removals, clean-ups and looks at random, with SIGKILL in the middle, a registry that fails, a full disk.

After each kill everything that was promised is there, and nothing else is shown.
"""

from __future__ import annotations

import json
import random
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

from soak.disk import Filler, small_disk
from soak.finding import Finding
from soak.outcome import Outcome
from tests.e2e.service import Service
from tests.fakes import delivery, statuses
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS, MANIFESTS, Fault
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry

_DISK_MIB = 256 + 96  # the reserve that downloads leave alone, and room for some of the images at a time
_WORKERS = 3
_IMAGES_EACH = 4
_LIMIT_SECONDS = 120.0
_MOST_LINES = 20

FAULTS: list[tuple[Callable[[random.Random], Fault], str]] = [
    (lambda dice: delivery.drop_after(dice.randrange(200_000)), BLOBS),
    (lambda dice: delivery.drop_after(dice.randrange(200_000), reset=True), BLOBS),
    (lambda _: delivery.no_answer(), BLOBS),
    (lambda dice: delivery.flipped_byte(dice.randrange(1000)), BLOBS),
    (lambda _: delivery.slow(300_000), BLOBS),
    (lambda _: delivery.ignored_range(), BLOBS),
    (lambda _: statuses.status(503), BLOBS),
    (lambda _: statuses.status(502), MANIFESTS),
    (lambda _: statuses.html_page(), MANIFESTS),
]


class Worker:
    """Its own images, one call after the other, and what each of them must be now.

    `here` is True when it must be listed, False when it must not, and None while a call about it has no end yet.
    """

    def __init__(self, service: Service, names: list[str], dice: random.Random, outcome: Outcome) -> None:
        self._service = service
        self._dice = dice
        self._outcome = outcome
        self.here: dict[str, bool | None] = dict.fromkeys(names, False)
        self.end = threading.Event()

    def run(self) -> None:
        """Until `end`, or until the service does not answer any more."""
        with suppress(OSError, HTTPException, json.JSONDecodeError):  # it was killed
            while not self.end.is_set():
                name = self._dice.choice(list(self.here))
                act = self._dice.choices(
                    [self._download, self._remove, self._clean_up, self._verify, self._look], [10, 5, 1, 1, 2]
                )[0]
                act(name)

    def _call(self, method: str, path: str, body: object = None, allowed: tuple[int, ...] = (200,)) -> Any:
        status, answer = self._service.call(method, path, body)
        self._outcome.counts["calls"] += 1
        if status not in allowed and not self.end.is_set():
            self._outcome.wrong.append(f"{method} {path}: {status} {str(answer)[:300]}")
        return status, answer

    def _download(self, name: str) -> None:
        before, self.here[name] = self.here[name], None
        if before is None and self._wait_for(name) is None:
            return  # an earlier one is still at work: a new one would be the same, and a removal may lie between them
        status, _ = self._call("POST", f"/image/dockerhub/docker/{name}/1/download", allowed=(200, 507))
        if status != 200:
            self.here[name] = before
            return
        if self._dice.random() < 0.3:
            return  # its end is seen after the kill, or with the next download
        end = self._wait_for(name)
        if end is not None:
            self._outcome.counts[f"{end} downloads"] += 1
            # A failed one changes nothing, but what was unknown before is unknown still.
            self.here[name] = True if end == "done" else before

    def _wait_for(self, name: str) -> str | None:
        """How its latest download ended ("" without one); None when the work ends before it."""
        while not self.end.wait(0.05):
            rows = [row for row in self._call("GET", "/downloads")[1] if row["name"] == name]
            if all(row["status"] in ("done", "failed", "cancelled") for row in rows):
                return rows[0]["status"] if rows else ""
        return None

    def _remove(self, name: str) -> None:
        before, self.here[name] = self.here[name], None
        status, answer = self._call("DELETE", f"/image/local/docker/{name}", allowed=(200, 404))
        self._outcome.counts["removals"] += status == 200
        if status == 404 and before is True:
            self._outcome.lost.append(f"{name}:1 was installed and cannot be removed: {answer}")
        if before is not None:
            self.here[name] = False if status in (200, 404) else before

    def _clean_up(self, _: str) -> None:
        self._call("POST", "/space/cleanup", {"unfinished": self._dice.random() < 0.3})
        self._outcome.counts["clean-ups"] += 1

    def _verify(self, _: str) -> None:
        _, answer = self._call("POST", "/space/verify", {})
        self._outcome.wrong += [f"verify at work: {problem}" for problem in answer.get("problems", ())]
        self._outcome.counts["verifications"] += 1

    def _look(self, name: str) -> None:
        self._call("GET", "/image/?from=local")
        self._call("GET", f"/image/docker/{name}/1/inspect", allowed=(200, 404))
        self._call("GET", "/space")


def kills(folder: Path, seconds: float) -> Sequence[Finding]:
    seed = secrets.randbits(32)
    print(f"kills: seed {seed}", flush=True)
    return run(folder, seconds, random.Random(seed)).findings()


def run(folder: Path, seconds: float, dice: random.Random) -> Outcome:
    """The dice decide what happens, not when the machine gets to it."""
    outcome = Outcome()
    real = DockerRegistry(folder / "registry").start()
    try:
        with FaultyRegistry(real.url) as registry, small_disk(folder / "data", _DISK_MIB) as may_fill:
            names = _push_images(real.url, dice)
            service = Service(folder / "data", registry_url=registry.url)
            groups = [names[at::_WORKERS] for at in range(_WORKERS)]
            workers = [Worker(service, group, random.Random(dice.random()), outcome) for group in groups]
            filler = Filler(folder / "data" / "filler")
            service.start()
            limit = time.monotonic() + seconds
            while True:
                _work(service, registry, workers, filler if may_fill else None, dice, outcome)
                _check(service, workers, outcome)
                if time.monotonic() > limit or len(outcome.lost) + len(outcome.wrong) >= _MOST_LINES:
                    break
            _clear(service, names, outcome)
            if service.stop() != 0:
                outcome.wrong.append("SIGTERM did not end it with 0")
            if "Traceback" in service.log.read_text(errors="replace"):
                outcome.wrong.append(f"a traceback in the log: {_traceback(service.log)}")
    finally:
        real.stop()
    return outcome


def _traceback(log: Path) -> str:
    """The first one."""
    text = log.read_text(errors="replace")
    return text[text.index("Traceback") :][:3000]


def _push_images(url: str, dice: random.Random) -> list[str]:
    """Some of their layers are shared; from 10 kB to 12 MB."""
    shared = [random_layer(dice.randrange(10_000, 2_000_000), seed) for seed in range(3)]
    names = [f"soak/image{number}" for number in range(_WORKERS * _IMAGES_EACH)]
    for number, name in enumerate(names):
        sizes = [dice.randrange(10_000, 4_000_000) for _ in range(dice.randrange(1, 4))]
        own = [random_layer(size, 100 + number * 10 + at) for at, size in enumerate(sizes)]
        push_image(url, name, "1", [*dice.sample(shared, dice.randrange(3)), *own], schema2=number % 3 == 0)
    return names


def _work(
    service: Service,
    registry: FaultyRegistry,
    workers: list[Worker],
    filler: Filler | None,
    dice: random.Random,
    outcome: Outcome,
) -> None:
    """A while of it, ended by SIGKILL."""
    for make, path in dice.sample(FAULTS, dice.randrange(3)):
        registry.inject(make(dice), path, times=dice.randrange(1, 4))
    threads = [threading.Thread(target=worker.run) for worker in workers]
    for worker in workers:
        worker.end.clear()
    for thread in threads:
        thread.start()
    pause = threading.Event()
    pause.wait(dice.uniform(0.05, 4))
    if filler and dice.random() < 0.3:
        filler.fill()
        outcome.counts["full disks"] += 1
        pause.wait(dice.uniform(0.1, 2))
        if dice.random() < 0.5:
            filler.empty()
    service.kill()
    outcome.counts["kills"] += 1
    for worker in workers:
        worker.end.set()
    for thread in threads:
        thread.join()
    registry.rules.clear()
    if filler and dice.random() < 0.7:
        filler.empty()  # else it starts on a full disk
    (service.data / "control.sock").unlink(missing_ok=True)
    try:
        service.start()
    except AssertionError as error:
        outcome.wrong.append(f"it does not start: {str(error)[-1000:]}")
        raise
    finally:
        if filler:
            filler.empty()


def _check(service: Service, workers: list[Worker], outcome: Outcome) -> None:
    """Once nothing is under way: all that was promised, nothing that was not, and every byte of it."""
    rows = _settled(service, outcome)
    problems = service.post("/space/verify", {})["problems"]
    for problem in problems:
        what = outcome.lost if problem["images"] else outcome.wrong
        what.append(f"verify after a kill: {problem}")
    listed = set(service.names())
    for worker in workers:
        for name, here in worker.here.items():
            if here is True and name not in listed:
                story = f"{rows.get(name)}; {_story(service, name)}"
                outcome.lost.append(f"{name}:1 was installed and is not listed; {story}")
            if here is False and name in listed:
                outcome.wrong.append(f"{name}:1 was removed, or never came, and is listed; {_story(service, name)}")
            worker.here[name] = name in listed
    for name in listed:
        status, answer = service.call("GET", f"/image/docker/{name}/1/inspect")
        if status != 200:
            outcome.lost.append(f"{name}:1 is listed and cannot be inspected: {answer}")


def _story(service: Service, name: str) -> str:
    """What the log says of an image, for whoever looks for the reason."""
    lines = [line for line in service.log.read_text(errors="replace").splitlines() if f"{name}:" in f"{line}:"]
    return "the log: " + " | ".join(lines[-12:])


def _settled(service: Service, outcome: Outcome) -> dict[str, list[str]]:
    """The ends of all downloads, by image; the next round begins without them."""
    limit = time.monotonic() + _LIMIT_SECONDS
    while service.get("/image/downloadstatus"):
        if time.monotonic() > limit:
            outcome.wrong.append(f"downloads do not end: {str(service.get('/image/downloadstatus'))[:500]}")
            break
        time.sleep(0.05)
    found: dict[str, list[str]] = {}
    for row in service.get("/downloads"):
        found.setdefault(row["name"], []).append(f"{row['status']} {row['error'] or ''}")
        service.call("DELETE", f"/downloads/{row['id']}")
    return found


def _clear(service: Service, names: list[str], outcome: Outcome) -> None:
    """With everything removed nothing stays behind."""
    for name in names:
        service.call("DELETE", f"/image/local/docker/{name}")
    service.post("/space/cleanup", {"unfinished": True, "unnamed": True})
    used = service.get("/space")["used"]
    if used:
        left = [str(path.relative_to(service.data)) for path in service.data.rglob("*") if path.is_file()]
        outcome.wrong.append(f"{used:,} bytes stay when everything is removed: {left[:20]}")
