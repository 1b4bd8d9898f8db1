"""Servers that tests start: on free ports and temporary folders, ready before they are used, stopped by process id."""

from __future__ import annotations

import contextlib
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_STOP_SECONDS = 15


def free_port() -> int:
    """Below those that the kernel hands to connections, which could take it before the server does."""
    while True:
        port = random.randrange(10_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Daemon:
    """One server process with its log; `start` waits until `ready` holds."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        ready: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.log = log
        self._command = [str(part) for part in command]
        self._ready = ready
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = 60) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=self._environment)
        limit = time.monotonic() + seconds
        while not self._ready():
            assert self._process.poll() is None, f"{self._command[0]} ended:\n{self.log.read_text()[-2000:]}"
            assert time.monotonic() < limit, f"{self._command[0]} is not ready:\n{self.log.read_text()[-2000:]}"
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def connects(target: int | Path) -> bool:
    """Whether somebody listens on this loopback port or Unix socket."""
    family = socket.AF_INET if isinstance(target, int) else socket.AF_UNIX
    with socket.socket(family) as probe:
        probe.settimeout(1)
        try:
            probe.connect(("127.0.0.1", target) if isinstance(target, int) else str(target))
        except OSError:
            return False
    return True
