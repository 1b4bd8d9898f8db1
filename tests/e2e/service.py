"""The real service as its users run it: a process of its own, on a data folder and a port of its own."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.ground.processes import connects, free_port

PROGRAM = Path(sys.executable).with_name("imagedepot")
_START_SECONDS = 30


class Service:
    """`imagedepot serve` as a process; `with Service(folder, registry=url) as service: …`.

    It may be killed and started again on the same data folder, with the same address.
    """

    def __init__(self, data: Path, **settings: str) -> None:
        self.data = data
        self.program = PROGRAM  # tests may set another version
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data.parent / f"{data.name}.log"
        self.descriptors: tuple[int, int] | None = None  # `ulimit -n` of the process, soft and hard
        self._process: subprocess.Popen[bytes] | None = None
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("IMAGEDEPOT_", "DOCKER_"))}
        self.environment = {
            **inherited,
            "HOME": str(data.parent),
            "XDG_CONFIG_HOME": str(data.parent / "config"),
            "IMAGEDEPOT_DATA_DIR": str(data),
            "IMAGEDEPOT_LISTEN": f"127.0.0.1:{self.port}",
            **{f"IMAGEDEPOT_{name.upper()}": value for name, value in settings.items()},
        }

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> Self:
        """Start it and wait until it answers."""
        with self.log.open("ab") as log:
            limit = self.descriptors
            self._process = subprocess.Popen(
                [self.program, "serve"],
                env=self.environment,
                stdout=log,
                stderr=log,
                preexec_fn=limit and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limit)),
            )
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            assert self._process.poll() is None, self.log.read_text()[-3000:]
            # Its own socket, so that nobody else's service is taken for this one.
            if connects(self.data / "control.sock"):
                return self
            time.sleep(0.05)
        raise AssertionError(f"the service did not answer: {self.log.read_text()[-3000:]}")

    def kill(self) -> None:
        """As a power cut would: no chance to tidy up."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self, seconds: float = 10) -> int:
        """SIGTERM; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(seconds)

    def wait(self, seconds: float = 20) -> int:
        """Until it ends by itself or by a signal; the exit code."""
        assert self._process is not None
        return self._process.wait(seconds)

    def spawn(self, *arguments: str) -> subprocess.Popen[str]:
        """A command of the command line at work; its streams are pipes."""
        return subprocess.Popen(
            [self.program, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A run in the background has Ctrl-C ignored, and hands that down.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """The command line on the same data folder."""
        return subprocess.run(
            [self.program, *arguments],
            env=self.environment,
            check=check,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def call(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Any:
        """(status, answer) of one call below `/api/v1`."""
        content = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/api/v1{path}", content, dict(headers or {}), method=method)
        try:
            with urlopen(request, timeout=60) as response:
                return response.status, json.load(response)
        except HTTPError as error:
            return error.code, json.load(error)

    def get(self, path: str) -> Any:
        status, answer = self.call("GET", path)
        assert status == 200, answer
        return answer

    def post(self, path: str, body: object = None) -> Any:
        status, answer = self.call("POST", path, body)
        assert status == 200, answer
        return answer

    def download(
        self, name: str, tag: str = "latest", depot: str = "dockerhub", kind: str = "docker"
    ) -> dict[str, Any]:
        """Ask for an image and wait until its download has ended; its row."""
        self.post(f"/image/{depot}/{kind}/{name}/{tag}/download")
        return self.ended()

    def ended(self, seconds: float = 240) -> dict[str, Any]:
        """Wait until nothing is under way; the row of the newest download."""
        limit = time.monotonic() + seconds
        while self.get("/image/downloadstatus"):
            assert time.monotonic() < limit, self.get("/downloads")
            time.sleep(0.02)
        return dict(self.get("/downloads")[0])

    def names(self) -> list[str]:
        return [row["name"] for row in self.get("/image/?from=local")["results"]]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
                if error is None:
                    raise
