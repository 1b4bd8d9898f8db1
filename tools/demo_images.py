"""Images for the tour, made from this machine's own files and pushed to a registry over plain HTTP."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import platform
import shutil
import sysconfig
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
_LARGEST_FILE = 4_000_000


def fill(url: str) -> None:
    """`library/shell` with two tags, and `demo/python` upon the same base."""
    base = _layer([Path("/etc/os-release"), Path("/etc/protocols"), *_shell()])
    library = Path(sysconfig.get_paths()["stdlib"])
    sources = sorted(library.glob("*.py")) + sorted(library.glob("[a-e]*/*.py"))
    half = len(sources) // 2
    _push(url, "library/shell", ["1.0", "latest"], [base], ["/bin/sh"])
    parts = [base, _layer(sources[:half]), _layer(sources[half:]), _layer(sorted(library.glob("lib-dynload/*.so")))]
    _push(url, "demo/python", [platform.python_version()], parts, ["python3"])


def _shell() -> Iterable[Path]:
    found = shutil.which("bash") or shutil.which("sh") or "/bin/sh"
    return [Path(found).resolve()]


def _layer(files: Iterable[Path]) -> bytes:
    """A gzipped tar of those that are there, under their own paths."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for path in files:
            if path.is_file() and path.stat().st_size < _LARGEST_FILE:
                header = tarfile.TarInfo(str(path).lstrip("/"))
                content = path.read_bytes()
                header.size, header.mode = len(content), path.stat().st_mode & 0o777
                tar.addfile(header, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), 1, mtime=0)


def _push(url: str, name: str, tags: Sequence[str], layers: Sequence[bytes], command: Sequence[str]) -> None:
    config = json.dumps(
        {
            "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
            "os": "linux",
            "created": "2026-01-02T03:04:05Z",
            "config": {"Cmd": list(command), "Labels": {"org.opencontainers.image.title": name}},
            "rootfs": {"type": "layers", "diff_ids": [_digest(gzip.decompress(layer)) for layer in layers]},
        }
    ).encode()
    for blob in (config, *layers):
        _push_blob(url, name, blob)
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _described(CONFIG, config),
            "layers": [_described(LAYER, layer) for layer in layers],
        }
    ).encode()
    for tag in tags:
        _send("PUT", f"{url}/v2/{name}/manifests/{tag}", manifest, MANIFEST)


def _push_blob(url: str, name: str, content: bytes) -> None:
    try:
        _send("HEAD", f"{url}/v2/{name}/blobs/{_digest(content)}")
    except HTTPError:
        place = _send("POST", f"{url}/v2/{name}/blobs/uploads/", b"")
        sign = "&" if "?" in place else "?"
        _send("PUT", f"{place}{sign}digest={_digest(content)}", content, "application/octet-stream")


def _send(method: str, url: str, body: bytes | None = None, kind: str = "") -> str:
    """Where the answer says that it goes on."""
    headers = {"Content-Type": kind} if kind else {}
    with urlopen(Request(url, body, headers, method=method), timeout=60) as response:
        return str(response.headers.get("Location") or "")


def _described(media_type: str, content: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": _digest(content), "size": len(content)}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
