"""Cold pulls through the mirror, beside pulls straight from the registry and through other pull-through caches.

The registry is far away: each request takes `_AWAY`, each connection carries `_SPEED`, and what it sends is counted.
docker-registry 3 (`registry`) is measured where the PATH has it.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from bench.corpus import MB
from bench.measure import Cost, alternate, median_wall, run
from bench.report import Figure
from imagedepot.model.content.manifest import OCI_MANIFEST
from tests.e2e.service import Service
from tests.fakes.delivery import slow, stalled
from tests.fakes.message import Gate, Request
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS, MANIFESTS, Fault
from tests.ground.engines import DOCKER, Dockerd
from tests.ground.images import Pushed, packed_layer, push_image
from tests.ground.registry import DockerRegistry

_SIZE = 24 * MB
_SPEED = 12 * MB  # bytes a second
_AWAY = 0.05  # seconds
_CLIENTS = 10
_ENGINE_ROUNDS = 3


@dataclass
class Lab:
    """The registry, and a fresh image of it for each cold pull."""

    far: FaultyRegistry
    made: int = 0
    images: dict[str, Pushed] = field(default_factory=dict)

    def image(self) -> tuple[str, Pushed]:
        """Its name, and what was pushed as its tag `1`."""
        self.made += 1
        name = f"bench/cold-{self.made}"
        layer = packed_layer({"bench.bin": os.urandom(_SIZE)})
        pushed = self.images[name] = push_image(self.far.upstream.url, name, "1", [layer])
        return name, pushed

    def sent(self, name: str) -> float:
        """Bytes of the image's layers that the registry sent, of those that it has."""
        return self.far.requests.bytes_sent(f"/v2/{name}/blobs/*") / self.images[name].size


def mirror(folder: Path, rounds: int) -> list[Figure]:
    with ExitStack() as stack:
        registry = DockerRegistry(folder / "far").start()
        stack.callback(registry.stop)
        far = stack.enter_context(FaultyRegistry(registry.url))
        far.inject(Fault("away", ask=_away))
        far.inject(slow(_SPEED), BLOBS)
        nobody = "http://127.0.0.1:9"
        settings = {"registry_url": far.url, "hub_url": nobody, "mirror_fresh": "0"}
        ours = stack.enter_context(Service(folder / "mirror", **settings))
        others = {"docker-registry": DockerRegistry(folder / "two", mirrors=far.url)}
        if shutil.which("registry"):
            others["registry 3"] = DockerRegistry(folder / "three", mirrors=far.url, program="registry")
        for each in others.values():
            stack.callback(each.start().stop)
        mirrors = {"imagedepot": ours.url, **{name: each.url for name, each in others.items()}}
        lab = Lab(far)
        return [
            *_ten(lab, mirrors, rounds),
            *_killed(lab, mirrors),
            *_engines(lab, folder, ours, rounds),
            *_dead(lab, mirrors),
        ]


def _away(request: Request) -> Request:
    time.sleep(_AWAY)
    return request


def _ten(lab: Lab, mirrors: Mapping[str, str], rounds: int) -> list[Figure]:
    """Ten clients at once, beside one that asks the registry itself; the first round is not counted."""
    contenders = {"direct": (lab.far.url, 1), **{name: (url, _CLIENTS) for name, url in mirrors.items()}}
    first: dict[str, list[float]] = {name: [] for name in contenders}
    last: dict[str, list[float]] = {name: [] for name in contenders}
    sent: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, (url, count) in contenders.items():
            image, pushed = lab.image()
            seen = [_waited(each) for each in [_client(url, image, pushed) for _ in range(count)]]
            if number:
                first[name].append(statistics.median(each[0] for each in seen))
                last[name].append(max(each[1] for each in seen))
                sent[name].append(lab.sent(image))
    firsts, lasts = _medians(first), _medians(last)
    most = {name: max(each) for name, each in sent.items() if name != "direct"}
    of_first = {name: seconds / firsts["direct"] for name, seconds in firsts.items()}
    of_last = {name: seconds / lasts["direct"] for name, seconds in lasts.items()}
    return [
        Figure("ten clients, one cold image: sent by its registry", most["imagedepot"], 1.01, _told(most)),
        Figure("first byte, median client, of a direct pull", of_first["imagedepot"], 1.2, _told(firsts, "s")),
        Figure("the last of them is done, of a direct pull", of_last["imagedepot"], 1.25, _told(lasts, "s")),
    ]


def _killed(lab: Lab, mirrors: Mapping[str, str]) -> list[Figure]:
    """The first client goes at a tenth; the next one gets it all."""
    sent = {}
    for name, url in mirrors.items():
        image, pushed = lab.image()
        client = _client(url, image, pushed)
        path = f"/v2/{image}/blobs/{pushed.layers[0]}"
        lab.far.requests.wait_for(lambda log, path=path: log.bytes_sent(path) >= _SIZE // 10, 60)  # type: ignore[misc]
        client.kill()
        client.communicate()
        _waited(_client(url, image, pushed))
        sent[name] = lab.sent(image)
    return [Figure("first client killed at 10 %: sent by its registry", sent["imagedepot"], 1.01, _told(sent))]


def _engines(lab: Lab, folder: Path, ours: Service, rounds: int) -> Iterator[Figure]:
    """The same pull by an engine, straight and through the mirror, each from nothing."""
    hosts = {"direct": lab.far.url, "imagedepot": ours.url}
    rounds = min(rounds, _ENGINE_ROUNDS)

    def pulling(url: str, pull: Callable[[str], Cost]) -> Callable[[], Cost]:
        return lambda: pull(f"{url.removeprefix('http://')}/{lab.image()[0]}:1")

    def measured(program: str, pull: Callable[[str], Cost]) -> Figure:
        walls = {
            name: median_wall(costs)
            for name, costs in alternate({name: pulling(url, pull) for name, url in hosts.items()}, rounds).items()
        }
        ratio = walls["imagedepot"] / walls["direct"]
        return Figure(f"cold tag with {program}, of a direct pull", ratio, 1.15, _told(walls, "s"))

    if shutil.which("podman"):
        with tempfile.TemporaryDirectory(prefix="podman-") as runroot:  # Podman allows it 50 characters
            store = ["--root", str(folder / "podman"), "--runroot", runroot, "--storage-driver", "vfs"]
            yield measured("podman", lambda name: run(["podman", *store, "pull", "-q", "--tls-verify=false", name]))
    if shutil.which("dockerd"):
        with _dockerd(folder) as engine:
            yield measured("dockerd", lambda name: run([DOCKER, "-H", engine.address, "pull", "-q", name]))


@contextmanager
def _dockerd(folder: Path) -> Iterator[Dockerd]:
    place = folder / "dockerd"
    place.mkdir()
    engine = Dockerd(place)
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


def _dead(lab: Lab, mirrors: Mapping[str, str]) -> list[Figure]:
    """The registry takes connections and says nothing any more: the first HEAD of a tag that is here."""
    image, pushed = lab.image()
    for url in mirrors.values():
        _waited(_client(url, image, pushed))
    gate = Gate()
    lab.far.inject(stalled(gate), MANIFESTS)
    seconds = {name: _head(url, image) for name, url in mirrors.items()}
    gate.open()
    return [Figure("dead registry: a cached tag answers", seconds["imagedepot"], 1, _told(seconds, "s"), "s")]


def _head(url: str, image: str) -> float:
    """Seconds until it answers, 10 at most."""
    started = time.perf_counter()
    with closing(HTTPConnection(url.removeprefix("http://"), timeout=10)) as line:
        try:
            line.request("HEAD", f"/v2/{image}/manifests/1", headers={"Accept": OCI_MANIFEST})
            assert line.getresponse().status == 200
        except TimeoutError:
            return 10.0
    return time.perf_counter() - started


def _client(url: str, image: str, pushed: Pushed) -> subprocess.Popen[str]:
    """A process of its own that takes the manifest, then the layer."""
    command = ["curl", "-sf", "-H", f"Accept: {OCI_MANIFEST}", "-w", "%{time_starttransfer} %{time_total}\n"]
    for path in ("manifests/1", f"blobs/{pushed.layers[0]}"):
        command += ["-o", "/dev/null", f"{url}/v2/{image}/{path}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _waited(client: subprocess.Popen[str]) -> tuple[float, float]:
    """Seconds to the first byte of the layer, and to the last."""
    said, _ = client.communicate(timeout=120)
    assert client.returncode == 0, f"curl ended with {client.returncode}"
    (_, manifest), (first, layer) = (map(float, line.split()) for line in said.splitlines())
    return manifest + first, manifest + layer


def _medians(seen: Mapping[str, list[float]]) -> dict[str, float]:
    return {name: statistics.median(each) for name, each in seen.items()}


def _told(figures: Mapping[str, float], unit: str = "x") -> str:
    return ", ".join(f"{name} {value:.2f} {unit}" for name, value in figures.items())
