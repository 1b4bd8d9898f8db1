"""The contenders: each brings one image from the same registry, from nothing, into a fresh folder."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from bench.measure import Cost, run, within

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def skopeo(registry: str, repository: str, scratch: Path) -> Cost:
    target = _fresh(scratch / "skopeo")
    source = f"docker://{registry}/{repository}:latest"
    return run(["skopeo", "copy", "-q", "--insecure-policy", "--src-tls-verify=false", source, f"oci:{target}:latest"])


def crane_is_here() -> bool:
    """Built with a current Go it is the peer that counts; it is measured where the PATH has it."""
    return shutil.which("crane") is not None


def crane(registry: str, repository: str, scratch: Path) -> Cost:
    """`crane pull --format=oci`, and then each of its files synced: what we promise of ours."""
    target = _fresh(scratch / "crane")
    cost = run(["crane", "pull", "--insecure", "--format=oci", f"{registry}/{repository}:latest", str(target)])
    started, used = time.perf_counter(), time.process_time()
    for path in target.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file)
    return Cost(cost.wall + time.perf_counter() - started, cost.cpu + time.process_time() - used, cost.peak)


def curl(registry: str, repository: str, scratch: Path) -> Cost:
    """`curl -Z` of the same blobs, then their hashes: the least that anybody could do."""
    target = _fresh(scratch / "curl")
    target.mkdir()
    request = Request(f"http://{registry}/v2/{repository}/manifests/latest", headers={"Accept": _MANIFEST})
    with urlopen(request) as response:
        manifest = json.load(response)
    digests = [manifest["config"]["digest"], *(layer["digest"] for layer in manifest["layers"])]
    command = ["curl", "-sfZ", "--parallel-max", "4"]
    for digest in digests:
        command += [f"http://{registry}/v2/{repository}/blobs/{digest}", "-o", str(target / digest)]
    cost = run(command)
    started, used = time.perf_counter(), time.process_time()
    for digest in digests:
        with (target / digest).open("rb") as file:
            assert f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}" == digest
    return Cost(cost.wall + time.perf_counter() - started, cost.cpu + time.process_time() - used, cost.peak)


def docker(socket: str, registry: str, repository: str) -> Cost:
    """Pulls and unpacks: an honest comparison says so."""
    name = f"{registry}/{repository}:latest"
    subprocess.run(["docker", "-H", socket, "rmi", "-f", name], capture_output=True, check=False)
    started = time.perf_counter()
    subprocess.run(["docker", "-H", socket, "pull", "-q", name], check=True, capture_output=True)
    return Cost(time.perf_counter() - started, 0.0)


class ServiceUnderTest:
    """A running service whose images come from `registry`; from POST until the row is done, fsync included."""

    def __init__(self, url: str, pid: int) -> None:
        self.url = url
        self.pid = pid

    def bring(self, repository: str) -> Cost:
        """Followed over one kept connection, a hundred times a second; what that costs the service counts."""
        _call("DELETE", f"{self.url}/api/v1/image/local/docker/{repository}")
        with closing(HTTPConnection(urlsplit(self.url).netloc)) as line:

            def ask(method: str, path: str) -> bytes:
                line.request(method, f"/api/v1{path}")
                return line.getresponse().read()

            def work() -> None:
                ask("POST", f"/image/dockerhub/docker/{repository}/latest/download")
                while ask("GET", "/image/downloadstatus") != b"[]":
                    time.sleep(0.01)

            cost = within(self.pid, work)
            rows = json.loads(ask("GET", "/downloads"))
        assert rows[0]["status"] == "done", rows[0]
        return cost


def cold_command(program: Path, environment: dict[str, str], repository: str) -> Cost:
    """`imagedepot pull` with no service running, on an empty data folder."""
    _fresh(Path(environment["IMAGEDEPOT_DATA_DIR"]))
    return run([str(program), "pull", repository], environment)


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder


def _call(method: str, url: str) -> bytes:
    try:
        with urlopen(Request(url, method=method)) as response:
            return bytes(response.read())
    except OSError:
        if method != "DELETE":
            raise
        return b""
