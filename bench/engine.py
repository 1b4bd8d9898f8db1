"""How fast images get into Docker Engine through our service, beside `docker pull` (`python -m bench.engine`).

Both bring the same image from the same registry on loopback into the same engine, from nothing, one after the other.
Prints the ratio of the medians, and what a second image on the same base costs to send.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.corpus import CORPUS, MB, push_image
from bench.measure import Cost, alternate, median_wall
from bench.peers import ServiceUnderTest, docker
from tests.e2e.service import Service
from tests.ground.engines import Dockerd
from tests.ground.registry import DockerRegistry

LIMIT = 1.3
_APP = "bench/app"
_SECOND = (*CORPUS["app"][:-1], 200_000)


def main(rounds: int = 5) -> int:
    """The exit code: 1 when an image takes more than `LIMIT` of docker's own time, or a second one is sent whole."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        registry = DockerRegistry(folder / "registry").start()
        engine = Dockerd(folder)
        engine.start()
        try:
            push_image(folder / "app", registry.host, _APP, CORPUS["app"])
            with Service(folder / "data", docker=engine.address, registry_url=registry.url) as service:
                ratio = _compare(service, engine, registry.host, rounds)
                sent = _second(service, registry.host, folder)
        finally:
            engine.stop()
            registry.stop()
    print(json.dumps({"ratio": round(ratio, 3), "limit": LIMIT, "second_image_bytes": sent, "base": sum(_SECOND[:-1])}))
    return int(ratio > LIMIT or sent > MB)


def _compare(service: Service, engine: Dockerd, host: str, rounds: int) -> float:
    ours = ServiceUnderTest(service.url, service.pid)

    def emptied(work: Callable[[], Cost]) -> Callable[[], Cost]:
        def run() -> Cost:
            engine.run("rmi", "-f", _APP, f"{host}/{_APP}", check=False)
            os.sync()
            return work()

        return run

    costs = alternate(
        {
            "imagedepot": emptied(lambda: ours.bring(_APP)),
            "docker pull": emptied(lambda: docker(engine.address, host, _APP)),
        },
        rounds,
    )
    walls = {name: median_wall(each) for name, each in costs.items()}
    for name, wall in walls.items():
        print(f"{name:12} {wall:.2f} s")
    return walls["imagedepot"] / walls["docker pull"]


def _second(service: Service, host: str, folder: Path) -> int:
    """Bytes that were fetched for a second image on the base that the engine has."""
    ours = ServiceUnderTest(service.url, service.pid)
    ours.bring(_APP)
    push_image(folder / "second", host, "bench/second", _SECOND, seed=_APP)
    cost = ours.bring("bench/second")
    row = service.get("/downloads")[0]
    sent: int = sum(layer["size"] for layer in row["layers"] if layer["status"] != "shared")
    print(f"second image {cost.wall:.2f} s, {sent:,} of {row['total']:,} bytes")
    return sent


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
