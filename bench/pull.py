"""Bringing images: the running service and the cold command beside skopeo and curl, and the memory that it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.corpus import CORPUS, MB, push_image
from bench.measure import Cost, alternate, idle_then_peak, median_cpu, median_wall
from bench.peers import ServiceUnderTest, cold_command, curl, skopeo
from bench.report import Figure
from tests.e2e.service import PROGRAM, Service
from tests.ground.registry import DockerRegistry

_NAMES = {"app": "8 layers of 150 MB in all", "big": "one layer of 1 GB", "small": "3 MB, cold command"}


def pulls(folder: Path, rounds: int) -> tuple[list[Figure], list[Figure]]:
    """(speed, memory); every second round for the large image."""
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
        small, command = _cold(registry, folder, rounds)
        return [*speed, small], [
            command,
            Figure("service, 1 GB: above idle", (peak - idle) / MB, 30, f"idle {idle / MB:.0f} MB", "MB"),
        ]
    finally:
        registry.stop()


def _beside(
    ours: ServiceUnderTest, host: str, folder: Path, name: str, rounds: int, wall: float, cpu: float
) -> list[Figure]:
    image = f"bench/{name}"
    costs = alternate(
        {
            "imagedepot": lambda: ours.bring(image),
            "skopeo": lambda: skopeo(host, image, folder),
            "curl": lambda: curl(host, image, folder),
        },
        rounds,
    )
    mine, theirs, least = costs["imagedepot"], costs["skopeo"], costs["curl"]
    title, walls, cpus = _NAMES[name], _medians(costs, median_wall), _medians(costs, median_cpu)
    return [
        Figure(f"{title}: wall, of skopeo", median_wall(mine) / median_wall(theirs), wall, walls),
        Figure(f"{title}: CPU, of skopeo", median_cpu(mine) / median_cpu(theirs), cpu, cpus),
        Figure(f"{title}: wall, of curl", median_wall(mine) / median_wall(least), 1.1, "no gate, an aim"),
    ]


def _cold(registry: DockerRegistry, folder: Path, rounds: int) -> tuple[Figure, Figure]:
    environment = {
        "HOME": str(folder),
        "IMAGEDEPOT_DATA_DIR": str(folder / "cold"),
        "IMAGEDEPOT_REGISTRY_URL": registry.url,
    }
    costs = alternate(
        {
            "imagedepot": lambda: cold_command(PROGRAM, environment, "bench/small"),
            "skopeo": lambda: skopeo(registry.host, "bench/small", folder),
        },
        rounds,
    )
    more = median_wall(costs["imagedepot"]) - median_wall(costs["skopeo"])
    peak = cold_command(PROGRAM, environment, "bench/big").peak
    return (
        Figure(f"{_NAMES['small']}: more than skopeo", more, 0.4, _medians(costs, median_wall), "s"),
        Figure("command, 1 GB: at its peak", peak / MB, 80, "the whole process", "MB"),
    )


def _medians(costs: Mapping[str, Sequence[Cost]], of: Callable[[Sequence[Cost]], float]) -> str:
    return ", ".join(f"{name} {of(each):.3f} s" for name, each in costs.items())
