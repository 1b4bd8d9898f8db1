"""Bringing images: the running service and the cold command beside skopeo and curl, and the memory that it takes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.corpus import CORPUS, MB, push_image
from bench.measure import Cost, alternate, idle_then_peak, median_cpu, median_wall
from bench.peers import ServiceUnderTest, cold_command, crane, crane_is_here, curl, skopeo
from bench.report import Figure
from tests.e2e.service import PROGRAM, Service
from tests.ground.registry import DockerRegistry

_NAMES = {
    "app": "8 layers of 150 MB in all",
    "big": "one layer of 1 GB",
    "many": "40 layers of 20 kB",
    "small": "3 MB, cold command",
}


def pulls(folder: Path, rounds: int) -> tuple[list[Figure], list[Figure]]:
    """(speed, memory); every second round for the large image."""
    if not crane_is_here():
        print("crane is not on the PATH: it is left out", file=sys.stderr)
    registry = DockerRegistry(folder / "registry").start()
    try:
        for name, sizes in CORPUS.items():
            push_image(folder / "images" / name, registry.host, f"bench/{name}", sizes)
        with Service(folder / "data", registry_url=registry.url) as service:
            ours = ServiceUnderTest(service.url, service.pid)
            service.get("/image/?from=local")  # what is loaded at the first call is no image's fault
            idle, peak = idle_then_peak(service.pid, lambda: ours.bring("bench/big"))
            speed = _beside(ours, registry.host, folder, "app", rounds, wall=0.55, cpu=0.55)
            speed += _beside(ours, registry.host, folder, "big", max(5, rounds // 2), wall=0.45, cpu=0.35)
            speed += _beside_crane(ours, registry.host, folder, "many", rounds)
        small, command = _cold(registry, folder, rounds)
        return [*speed, *small], [
            command,
            Figure("service, 1 GB: above idle", (peak - idle) / MB, 30, f"idle {idle / MB:.0f} MB", "MB"),
        ]
    finally:
        registry.stop()


def _beside(
    ours: ServiceUnderTest, host: str, folder: Path, name: str, rounds: int, wall: float, cpu: float
) -> list[Figure]:
    image = f"bench/{name}"
    contenders = {
        "imagedepot": lambda: ours.bring(image),
        "skopeo": lambda: skopeo(host, image, folder),
        "curl": lambda: curl(host, image, folder),
    }
    if crane_is_here():
        contenders["crane"] = lambda: crane(host, image, folder)
    costs = alternate(contenders, rounds)
    mine, theirs, least = costs["imagedepot"], costs["skopeo"], costs["curl"]
    title, walls, cpus = _NAMES[name], _medians(costs, median_wall), _medians(costs, median_cpu)
    return [
        Figure(f"{title}: wall, of skopeo", median_wall(mine) / median_wall(theirs), wall, walls),
        Figure(f"{title}: CPU, of skopeo", median_cpu(mine) / median_cpu(theirs), cpu, cpus),
        Figure(f"{title}: wall, of curl", median_wall(mine) / median_wall(least), 1.1, "no gate, an aim"),
        *_of_crane(title, costs),
    ]


def _beside_crane(ours: ServiceUnderTest, host: str, folder: Path, name: str, rounds: int) -> list[Figure]:
    if not crane_is_here():
        return []
    image = f"bench/{name}"
    contenders = {"imagedepot": lambda: ours.bring(image), "crane": lambda: crane(host, image, folder)}
    return _of_crane(_NAMES[name], alternate(contenders, rounds))


def _of_crane(title: str, costs: Mapping[str, Sequence[Cost]], most: float = 1.15) -> list[Figure]:
    """Nothing where it is not installed: the page then says nothing of it."""
    if "crane" not in costs:
        return []
    mine, theirs = costs["imagedepot"], costs["crane"]
    wall, cpu = median_wall(mine) / median_wall(theirs), median_cpu(mine) / median_cpu(theirs)
    return [Figure(f"{title}: wall, of crane", wall, most, f"{_medians(costs, median_wall)}; CPU {cpu:.2f} x")]


def _cold(registry: DockerRegistry, folder: Path, rounds: int) -> tuple[list[Figure], Figure]:
    environment = {
        "HOME": str(folder),
        "IMAGEDEPOT_DATA_DIR": str(folder / "cold"),
        "IMAGEDEPOT_REGISTRY_URL": registry.url,
    }
    contenders = {
        "imagedepot": lambda: cold_command(PROGRAM, environment, "bench/small"),
        "skopeo": lambda: skopeo(registry.host, "bench/small", folder),
    }
    if crane_is_here():
        contenders["crane"] = lambda: crane(registry.host, "bench/small", folder)
    costs = alternate(contenders, rounds)
    more = median_wall(costs["imagedepot"]) - median_wall(costs["skopeo"])
    peak = cold_command(PROGRAM, environment, "bench/big").peak
    return (
        [
            Figure(f"{_NAMES['small']}: more than skopeo", more, 0.4, _medians(costs, median_wall), "s"),
            *_of_crane(_NAMES["small"], costs, most=5.0),
        ],
        Figure("command, 1 GB: at its peak", peak / MB, 80, "the whole process", "MB"),
    )


def _medians(costs: Mapping[str, Sequence[Cost]], of: Callable[[Sequence[Cost]], float]) -> str:
    return ", ".join(f"{name} {of(each):.3f} s" for name, each in costs.items())
