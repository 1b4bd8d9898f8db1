"""10,000 idle and 1,000 slow connections, 50 clients and 20 downloads: what a local call still takes.

The registry and the crowd stand for other machines, so they run at a lower priority than the service: otherwise it is
their processor time, which is not the service's to spare, that is measured. Each of the 50 clients asks five times a
second, as an impatient dashboard does. How late the measuring process itself wakes up from its pauses is shown beside:
it is what calls wait for on a machine that is busy with something else.
"""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from bench.measure import resident
from imagedepot.remote.http.abortable import UnixConnection
from soak.finding import Finding
from soak.strangers import FAR_AWAY, PATH, Strangers
from tests.e2e.service import Service
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry

_IDLE, _SLOW, _CLIENTS, _DOWNLOADS = 10_000, 1000, 50, 20
_LAYER = 24 << 20
_PAUSE = 0.005  # seconds between two measured calls
_LATENCY, _MEMORY = 10, 150  # times the idle median; MB


def crowd(folder: Path, seconds: float) -> Sequence[Finding]:
    with ExitStack() as stack:
        registry = DockerRegistry(folder / "registry").start()
        stack.callback(registry.stop)
        _far_away(registry.daemon.pid)
        for number in range(_DOWNLOADS):
            push_image(registry.url, f"soak/image{number}", "1", [random_layer(_LAYER, number)])
        settings = {"registry_url": registry.url, "max_downloads": str(_DOWNLOADS)}
        service = stack.enter_context(Service(folder / "data", **settings))
        _bring(service)  # warm: the same work as later, without the crowd
        alone, _ = _ask_for(service, min(10.0, seconds / 4))
        memory = resident(service.pid)
        over = threading.Event()
        control = _Control(service, over)
        downloads = _Repeated(lambda: _bring(service), over)
        with Strangers(service.port, _IDLE, _SLOW, _CLIENTS) as strangers:
            connections = _connections(service)
            for thread in (control, downloads):
                thread.start()
            beside, late = _ask_for(service, seconds)
            most = max(control.memory, resident(service.pid))
            over.set()
            for thread in (control, downloads):
                thread.join()
        idle_median, p99 = statistics.median(alone), _percentile(beside, 99)
        counts = strangers.counts
        return [
            Finding(f"connections, of {_IDLE + _SLOW + _CLIENTS:,}", f"{connections:,}", "all", connections > 11_000),
            Finding(
                f"p99 of {len(beside):,} calls of from=local",
                f"{p99 * 1000:.1f} ms, {p99 / idle_median:.1f}x (median {statistics.median(beside) * 1000:.1f} ms; "
                f"p99 of mere pauses {_percentile(late, 99) * 1000:.1f} ms late)",
                f"at most {_LATENCY}x of the idle median of {idle_median * 1000:.2f} ms",
                p99 <= _LATENCY * idle_median,
            ),
            Finding(
                "calls over the control socket", f"{control.answered}, {control.failed} failed", "none failed",
                control.answered > 0 and not control.failed,
            ),
            Finding(
                "calls of the clients", f"{counts.answered:,}, {counts.failed} failed", "none failed",
                counts.answered > 0 and not counts.failed,
            ),
            Finding("rounds of downloads", str(downloads.rounds), "at least 1", downloads.rounds > 0),
            Finding(
                "memory", f"{(most - memory) / 1e6:.0f} MB more",
                f"at most {_MEMORY} MB more than the idle {memory / 1e6:.0f} MB",
                most - memory <= _MEMORY * 1e6,
            ),
        ]  # fmt: skip


class _Repeated(threading.Thread):
    def __init__(self, work: Callable[[], None], over: threading.Event) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._over = over
        self.rounds = 0

    def run(self) -> None:
        while not self._over.is_set():
            self._work()
            self.rounds += 1


class _Control(threading.Thread):
    """Asks over the control socket twice a second, on a connection of its own each time."""

    def __init__(self, service: Service, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self._service = service
        self._over = over
        self.answered = self.failed = self.memory = 0

    def run(self) -> None:
        while not self._over.wait(0.5):
            self.memory = max(self.memory, resident(self._service.pid))
            try:
                with closing(UnixConnection(str(self._service.data / "control.sock"), 30)) as line:
                    line.request("GET", PATH)
                    good = line.getresponse().status == 200
            except (OSError, HTTPException):
                good = False
            self.answered += good
            self.failed += not good


def _bring(service: Service) -> None:
    """All downloads at once, then away with what they brought."""
    for number in range(_DOWNLOADS):
        service.post(f"/image/dockerhub/docker/soak/image{number}/1/download")
    service.ended()
    for number in range(_DOWNLOADS):
        service.call("DELETE", f"/image/local/docker/soak/image{number}")


def _ask_for(service: Service, seconds: float) -> tuple[list[float], list[float]]:
    """Seconds that each call took, one after the other on one connection, and by how much each pause was too long."""
    took, late = [], []
    end = time.monotonic() + seconds
    with closing(HTTPConnection("127.0.0.1", service.port, timeout=60)) as line:
        while (began := time.perf_counter()) and time.monotonic() < end:
            line.request("GET", PATH)
            line.getresponse().read()
            took.append((answered := time.perf_counter()) - began)
            time.sleep(_PAUSE)
            late.append(time.perf_counter() - answered - _PAUSE)
    return took, late


def _far_away(pid: int) -> None:
    """Let all threads of a process give way, as if it ran on another machine."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.setpriority(os.PRIO_PROCESS, int(thread.name), FAR_AWAY)


def _connections(service: Service) -> int:
    return len(list(Path(f"/proc/{service.pid}/fd").iterdir()))


def _percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
