"""Packs a small data folder that some release really made: `python -m tools.data_folder PROGRAM FILE`.

PROGRAM is that release's `imagedepot`, FILE a `tests/database/folders/<revision>.tar.gz`. It needs docker-registry.
"""

from __future__ import annotations

import json
import sys
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from imagedepot.model.digest import Digest
from tests.e2e.service import Service
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry

_LEFT_OUT = {"lock", "spare", "cache", "control.sock"}
_PASSWORD = "correct horse battery"


def main(program: Path, file: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        registry = DockerRegistry(Path(folder) / "registry").start()
        try:
            for name in ("app", "tool"):
                push_image(registry.url, f"lab/{name}", "1", [random_layer(200, len(name))])
            service = Service(Path(folder) / "data", registry_url=registry.url, platform="linux/amd64")
            service.program = program
            with service:
                _use(service, Path(folder))
            _pack(service.data, file)
        finally:
            registry.stop()


def _use(service: Service, folder: Path) -> None:
    """All that leaves rows; calls that a release does not have yet are left out."""
    (folder / "password").write_text(_PASSWORD)
    service.download("lab/app", "1")
    service.download("lab/missing", "1")
    service.call("PUT", "/settings/IMAGEDEPOT_BANDWIDTH", {"value": "20MB/s"})
    steps: list[Callable[[], object]] = [
        lambda: _push(service),
        lambda: urlopen(f"{service.url}/v2/docker.io/lab/tool/manifests/1").read(),
    ]
    for step in steps:
        with suppress(HTTPError):
            step()
    password = ("--password-file", str(folder / "password"))
    service.command("user", "add", "ada", "--admin", *password)
    service.command("user", "add", "bob", *password)
    service.command("token", "add", "ci", "--scope", "pull", check=False)
    service.call("POST", "/login", {"username": "ada", "password": _PASSWORD})


def _push(service: Service) -> None:
    """An image of one layer to a repository of our own."""
    layer, config = (
        random_layer(300, 9),
        b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}',
    )
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": _described("application/vnd.oci.image.config.v1+json", config),
        "layers": [_described("application/vnd.oci.image.layer.v1.tar+gzip", layer)],
    }
    repository = f"{service.url}/v2/team/app"
    for blob in (layer, config):
        place = urlopen(Request(f"{repository}/blobs/uploads/", b"", method="POST")).headers["location"]
        urlopen(Request(f"{service.url}{place}?digest={Digest.of(blob)}", blob, method="PUT"))
    headers = {"Content-Type": str(manifest["mediaType"])}
    urlopen(Request(f"{repository}/manifests/1", json.dumps(manifest).encode(), headers, method="PUT"))


def _described(media_type: str, content: bytes) -> dict[str, str | int]:
    return {"mediaType": media_type, "digest": str(Digest.of(content)), "size": len(content)}


def _pack(data: Path, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w:gz") as tar:
        for path in sorted(data.iterdir()):
            if path.name not in _LEFT_OUT:
                tar.add(path, path.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
