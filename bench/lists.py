"""Local calls of the running service: lists beside dockerd, downloadstatus beside bare Starlette, a hung upstream."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.request import urlopen

from bench.many import MANY, fill_layout, write_archive
from bench.measure import latency
from bench.report import Figure
from imagedepot.remote.http.abortable import UnixConnection
from tests.e2e.service import Service
from tests.fakes.delivery import stalled
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.ground.engines import Dockerd
from tests.ground.processes import Daemon, connects, free_port

_ALL, _PAGE = "/api/v1/image/?from=local", "/api/v1/image/?from=local&limit=100"
_STATUS = "/api/v1/image/downloadstatus"
_WAITING = 40
_CALLS = 200


def lists(folder: Path, rounds: int) -> list[Figure]:
    engine = Dockerd(folder)
    engine.start()
    gate = Gate()
    try:
        archive = folder / "many.tar"
        write_archive(archive)
        engine.run("load", "-q", "-i", str(archive))
        fill_layout(folder / "many")
        with FaultyRegistry("http://127.0.0.1:9") as hung:
            hung.early.inject(stalled(gate))
            with Service(folder / "many", registry_url=hung.url) as service:
                figures = _lists(service, engine, rounds)
                figures.append(_beside_hung(service))
                figures.append(_status(service))
                gate.open()
        return figures
    finally:
        gate.open()
        engine.stop()


def _lists(service: Service, engine: Dockerd, rounds: int) -> list[Figure]:
    with closing(_line(service)) as ours, closing(UnixConnection(str(engine.socket), 60)) as theirs:
        assert len(_ask(theirs, "/images/json")()) > MANY * 200
        seconds = latency(
            {
                "dockerd": _ask(theirs, "/images/json"),
                "all rows": _ask(ours, _ALL),
                "first 100 rows": _ask(ours, _PAGE),
            },
            2 * rounds + 1,
        )
    told = ", ".join(f"{name} {value * 1000:.1f} ms" for name, value in seconds.items())
    return [
        Figure(f"list of {MANY} images, of dockerd", seconds["all rows"] / seconds["dockerd"], 0.5, told),
        Figure("its first 100 rows, of dockerd", seconds["first 100 rows"] / seconds["dockerd"], 0.1, told),
    ]


def _beside_hung(service: Service) -> Figure:
    """A local call while so many others wait for an upstream that does not answer."""
    with closing(_line(service)) as line:
        alone = latency({"page": _ask(line, _PAGE)}, _CALLS)["page"]
        for number in range(_WAITING):
            threading.Thread(target=_wait_for_tags, args=(service, number), daemon=True).start()
        time.sleep(2)  # what is measured is beside waiting ones, not beside their coming
        together = latency({"page": _ask(line, _PAGE)}, _CALLS)["page"]
    told = f"alone {alone * 1000:.2f} ms, beside {_WAITING} that wait {together * 1000:.2f} ms"
    return Figure(f"a local call while {_WAITING} others wait", together / alone, 1.5, told)


def _status(service: Service) -> Figure:
    """With one download under way, which waits for the hung upstream."""
    service.post("/image/dockerhub/docker/bench/held/1/download")
    with urlopen(f"{service.url}{_STATUS}") as response:
        body = response.read()
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bench.bare:app", "--port", str(port), "--log-level", "warning"]
    environment = {**os.environ, "BENCH_BODY": body.decode()}
    bare = Daemon(command, service.data.parent / "bare.log", lambda: connects(port), environment)
    bare.start()
    try:
        rates: dict[str, list[float]] = {"imagedepot": [], "bare Starlette": []}
        for _ in range(4):
            rates["imagedepot"].append(_wrk(f"{service.url}{_STATUS}"))
            rates["bare Starlette"].append(_wrk(f"http://127.0.0.1:{port}/"))
    finally:
        bare.stop()
    medians = {name: statistics.median(each[1:]) for name, each in rates.items()}
    told = ", ".join(f"{name} {value:,.0f} a second" for name, value in medians.items())
    ratio = medians["imagedepot"] / medians["bare Starlette"]
    return Figure("downloadstatus, of bare Starlette", ratio, 0.3, told, at_least=True)


def _line(service: Service) -> HTTPConnection:
    return HTTPConnection("127.0.0.1", service.port)


def _ask(line: HTTPConnection, path: str) -> Callable[[], bytes]:
    def ask() -> bytes:
        line.request("GET", path, headers={"Host": line.host if line.port == 80 else f"{line.host}:{line.port}"})
        response = line.getresponse()
        body = response.read()
        assert response.status == 200, body[:300]
        return body

    return ask


def _wait_for_tags(service: Service, number: int) -> None:
    with suppress(OSError):
        urlopen(f"{service.url}/api/v1/image/dockerhub/docker/0/bench/hung-{number}/tags", timeout=60).close()


def _wrk(url: str) -> float:
    done = subprocess.run(["wrk", "-t1", "-c8", "-d2s", url], check=True, capture_output=True, text=True)
    assert "Non-2xx" not in done.stdout, done.stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert found, done.stdout
    return float(found[1])
