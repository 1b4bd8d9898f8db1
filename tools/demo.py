"""`make demo`: the main job, call by call, against a registry on this machine. No network; all is gone afterwards."""

from __future__ import annotations

import json
import os
import platform
import random
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tools.demo_images import fill

PROGRAM = Path(sys.executable).with_name("imagedepot")
_REGISTRY = """version: 0.1
log: {{accesslog: {{disabled: true}}, level: error}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""
_WIDEST = 400
_START_SECONDS = 30


class Tour:
    """Each call is shown as the curl line that it could be, then its answer."""

    def __init__(self, url: str) -> None:
        self._base = f"{url}/api/v1"

    def say(self, text: str) -> None:
        print(f"\n# {text}", flush=True)

    def call(self, method: str, path: str, body: Mapping[str, str] | None = None, silent: bool = False) -> Any:
        """The answer; an error's answer too."""
        data = json.dumps(body) if body else None
        if not silent:
            given = f" -d '{data}'" if data else ""
            print(f"$ curl -s -X{method}{given} '{self._base}{path}'")
        request = Request(f"{self._base}{path}", data.encode() if data else None, method=method)
        try:
            with urlopen(request, timeout=60) as response:
                answer = json.load(response)
        except HTTPError as error:
            answer = json.load(error)
        if not silent:
            shown = json.dumps(answer)
            print(shown if len(shown) <= _WIDEST else f"{shown[:_WIDEST]} …", flush=True)
        return answer

    def follow(self) -> None:
        """`downloadstatus` until it is empty, a line for each change."""
        print(f"$ curl -s '{self._base}/image/downloadstatus'      (again and again)")
        last: object = None
        while rows := self.call("GET", "/image/downloadstatus", silent=True):
            shown = [{key: row[key] for key in ("name", "percent", "status", "bytes", "total")} for row in rows]
            if shown != last:
                last = shown
                print(f"{json.dumps(shown)[:-2]}, …}}]", flush=True)
            time.sleep(0.25)
        print("[]")

    def command(self, environment: Mapping[str, str], *arguments: str) -> None:
        print(f"$ imagedepot {' '.join(arguments)}", flush=True)
        subprocess.run([PROGRAM, *arguments], env=environment, check=False, timeout=120)

    def run(self, *command: str) -> None:
        print(f"$ {shlex.join(command)}", flush=True)
        subprocess.run(command, check=False, timeout=120)


def main() -> int:
    if shutil.which("docker-registry") is None:
        print("The tour needs the program docker-registry; on Debian: apt-get install docker-registry", file=sys.stderr)
        return 1
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="imagedepot-demo-")))
        print("Starting a registry and Image Depot on this machine …", flush=True)
        registry, process = stack.enter_context(_registry(folder))
        fill(registry)
        environment = _environment(folder, registry)
        url = stack.enter_context(_service(folder, environment))
        tour = Tour(url)
        _tour(tour, environment)
        if shutil.which("skopeo"):
            _mirror(tour, folder, environment, process)
        print("\nThat was the tour: the registry, the service and their folder go now. `make run` starts your own.")
    return 0


def _tour(tour: Tour, environment: Mapping[str, str]) -> None:
    version = platform.python_version()
    tour.say("1. Which tags does the registry have? (1: an official image, in the namespace library)")
    tour.call("GET", "/image/dockerhub/docker/1/shell/tags")
    tour.say("2. Download an image; the answer comes at once.")
    tour.call("POST", f"/image/dockerhub/docker/demo/python/{version}/download", {"description": "Python, from here"})
    tour.say("3. Watch it arrive (a cap of 2 MB/s makes it visible).")
    tour.follow()
    tour.say("4. It is in the list of local images.")
    tour.call("GET", "/image/?from=local")
    tour.say("5. Inspect it.")
    tour.call("GET", f"/image/docker/demo/python/{version}/inspect")
    tour.say("6. Another image on the same base, from the command line: the shared layer is here already.")
    tour.command(environment, "pull", "shell")
    tour.command(environment, "pull", "shell")
    tour.command(environment, "list")
    tour.say("7. Where did each byte come from? Downloads remember their layers.")
    for row in tour.call("GET", "/downloads", silent=True):
        states = ", ".join(f"{layer['status']} {layer['size']:,} bytes" for layer in row["layers"])
        print(f"{row['name']}:{row['tag']} {row['status']}: {states or 'nothing to fetch'}")
    tour.say("8. A mistake is answered in one sentence.")
    tour.call("POST", "/image/dockerhub/docker/../../etc/latest/download")
    tour.call("GET", "/image/docker/demo/absent/latest/inspect")
    tour.say("9. Remove it. What the other image needs stays.")
    tour.call("DELETE", "/image/local/docker/demo/python")
    tour.command(environment, "list")
    tour.command(environment, "verify")
    if shutil.which("skopeo"):
        tour.say("10. The store is an OCI image layout: other tools read it as it is.")
        layout = Path(environment["IMAGEDEPOT_DATA_DIR"]) / "content"
        tour.run(
            "skopeo", "inspect", "--format", "{{.Digest}} {{.Layers}}", f"oci:{layout}:docker.io/library/shell:latest"
        )


def _mirror(tour: Tour, folder: Path, environment: Mapping[str, str], registry: subprocess.Popen[bytes]) -> None:
    image = f"docker://{environment['IMAGEDEPOT_LISTEN']}/demo/python:{platform.python_version()}"
    pull = ("skopeo", "copy", "--quiet", "--src-tls-verify=false", image)
    tour.say("11. Any Docker, containerd or Podman on the network can pull through Image Depot. skopeo does so now:")
    tour.run(*pull, f"dir:{folder / 'first'}")
    tour.say("12. The registry is stopped. The second pull does not need it.")
    registry.terminate()
    registry.wait()
    tour.run(*pull, f"dir:{folder / 'second'}")


@contextmanager
def _registry(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Its address and its process."""
    port = _free_port()
    config = folder / "registry.yml"
    config.write_text(_REGISTRY.format(folder=folder / "registry", port=port))
    command = ["docker-registry", "serve", str(config)]
    with _running(command, folder / "registry.log", lambda: _connects(port)) as process:
        yield f"http://127.0.0.1:{port}", process


@contextmanager
def _service(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    with _running(
        [str(PROGRAM), "serve"], folder / "service.log", (folder / "data/control.sock").is_socket, environment
    ):
        yield f"http://{environment['IMAGEDEPOT_LISTEN']}"


def _environment(folder: Path, registry: str) -> dict[str, str]:
    """Of the service and its command line: nothing of the user's own is read or touched."""
    own = {key: value for key, value in os.environ.items() if not key.startswith(("IMAGEDEPOT_", "DOCKER_"))}
    return {
        **own,
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "IMAGEDEPOT_DATA_DIR": str(folder / "data"),
        "IMAGEDEPOT_LISTEN": f"127.0.0.1:{_free_port()}",
        "IMAGEDEPOT_REGISTRY_URL": registry,
        "IMAGEDEPOT_BANDWIDTH": "2MB/s",
    }


@contextmanager
def _running(
    command: list[str], log: Path, ready: Callable[[], bool], environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process from when it is ready until the end of the tour, stopped by its own id."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        limit = time.monotonic() + _START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > limit:
                raise SystemExit(f"{command[0]} did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    """Below those that the kernel hands to connections, which could take it before the server does."""
    while True:
        port = random.randrange(10_000, 30_000)
        if not _connects(port):
            return port


def _connects(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
