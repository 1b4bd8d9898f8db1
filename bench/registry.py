"""The registry face beside Debian's docker-registry: one blob pushed and pulled, CPU time of the serving process first.

Fast clients beside slow ones are compared with themselves, and the tag that is here is asked for by HEAD.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import ssl
import statistics
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

from bench.corpus import MB
from bench.measure import Cost, alternate, latency, median_cpu, resident, within
from bench.report import Figure
from imagedepot.model.content.manifest import OCI_CONFIG, OCI_MANIFEST
from tests.e2e.service import Service
from tests.ground.registry import DockerRegistry

_NAME = "bench/blob"
_SIZE = 512 * MB
_SHARE = 16 * MB  # what each of many clients fetches
_FAST, _SLOW = 30, 20
_HEADS = 300


class Peer:
    """A registry in another process. `context` for one that speaks TLS."""

    def __init__(self, port: int, pid: int, context: ssl.SSLContext | None = None) -> None:
        self.port = port
        self.pid = pid
        self._context = context

    def connect(self, buffer: int | None = None) -> socket.socket:
        """`buffer`: bytes that the client's system takes ahead of it."""
        link = socket.socket()
        if buffer is not None:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        link.connect(("127.0.0.1", self.port))
        return link if self._context is None else self._context.wrap_socket(link, server_hostname="127.0.0.1")

    def push(self, file: Path, digest: str) -> None:
        """POST, then one PUT with all of it, as containerd does."""
        with closing(HTTPConnection("127.0.0.1", self.port)) as line:
            line.sock = self.connect()
            place = _ask(line, "POST", f"/v2/{_NAME}/blobs/uploads/", 202).headers["Location"]
            place = place if place.startswith("/") else "/" + place.split("/", 3)[3]
            path = f"{place}{'&' if '?' in place else '?'}digest={digest}"
            line.putrequest("PUT", path)
            line.putheader("Content-Type", "application/octet-stream")
            line.putheader("Content-Length", str(file.stat().st_size))
            line.endheaders()
            with file.open("rb") as content:
                line.sock.sendfile(content)
            answer = line.getresponse()
            assert answer.status == 201, answer.read()

    def drop(self, digest: str) -> None:
        with closing(HTTPConnection("127.0.0.1", self.port)) as line:
            line.sock = self.connect()
            _ask(line, "DELETE", f"/v2/{_NAME}/blobs/{digest}", 202)

    def ask(self, digest: str, link: socket.socket, last: int | None = None) -> None:
        part = "" if last is None else f"Range: bytes=0-{last}\r\n"
        link.sendall(f"GET /v2/{_NAME}/blobs/{digest} HTTP/1.1\r\nHost: localhost\r\n{part}\r\n".encode())

    def pull(self, digest: str, size: int, last: int | None = None) -> None:
        with self.connect() as link:
            self.ask(digest, link, last)
            answer = HTTPResponse(link)
            answer.begin()
            buffer, came = memoryview(bytearray(MB)), 0
            while count := answer.readinto(buffer):
                came += count
            assert came == size, (came, answer.status)

    def put_manifest(self, config: bytes, layer: str, size: int) -> None:
        with closing(HTTPConnection("127.0.0.1", self.port)) as line:
            line.sock = self.connect()
            described = {"mediaType": OCI_CONFIG, "digest": _digest(config), "size": len(config)}
            blob = {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer, "size": size}
            body = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": described, "layers": [blob]}
            _ask(line, "PUT", f"/v2/{_NAME}/manifests/latest", 201, json.dumps(body).encode(), OCI_MANIFEST)


def registry(folder: Path, rounds: int) -> list[Figure]:
    file = folder / "blob"
    with file.open("wb") as blob:
        for _ in range(_SIZE // MB):
            blob.write(os.urandom(MB))
    with file.open("rb") as blob:
        digest = f"sha256:{hashlib.file_digest(blob, 'sha256').hexdigest()}"
    certificate, key = _certificate(folder)
    context = ssl.create_default_context(cafile=str(certificate))
    with ExitStack() as stack:
        service = stack.enter_context(Service(folder / "ours"))
        secure = stack.enter_context(Service(folder / "secure", tls_cert=str(certificate), tls_key=str(key)))
        others = [DockerRegistry(folder / "plain"), DockerRegistry(folder / "tls", tls=(certificate, key))]
        for each in others:
            stack.callback(each.start().stop)
        ours, theirs = Peer(service.port, service.pid), Peer(others[0].port, others[0].daemon.pid)
        encrypted = Peer(secure.port, secure.pid, context)
        their_encrypted = Peer(others[1].port, others[1].daemon.pid, context)
        figures = _pushed(ours, theirs, file, digest, rounds)
        for peer in (encrypted, their_encrypted):
            peer.push(file, digest)
        figures += _pulled(ours, theirs, encrypted, their_encrypted, digest, rounds)
        figures += _many(ours, digest, rounds)
        figures += _heads(ours, theirs, digest, folder)
    return figures


def _pushed(ours: Peer, theirs: Peer, file: Path, digest: str, rounds: int) -> list[Figure]:
    def pushing(peer: Peer) -> Callable[[], Cost]:
        here = False

        def push() -> Cost:
            nonlocal here
            if here:
                peer.drop(digest)
            here = True
            return within(peer.pid, lambda: peer.push(file, digest))

        return push

    costs = alternate({"push": pushing(ours), "push, docker-registry": pushing(theirs)}, rounds)
    mine, other = (median_cpu(each) / _SIZE * 1e9 for each in costs.values())
    told = f"docker-registry {other:.2f} CPU s/GB"
    return [Figure("push of a blob, hash and write included", mine, 1.8, told, "CPU s/GB")]


def _pulled(ours: Peer, theirs: Peer, encrypted: Peer, their_encrypted: Peer, digest: str, rounds: int) -> list[Figure]:
    peers = {"http": ours, "docker-registry": theirs, "https": encrypted, "docker-registry https": their_encrypted}

    def pulling(peer: Peer) -> Callable[[], Cost]:
        return lambda: within(peer.pid, lambda: peer.pull(digest, _SIZE))

    costs = alternate({name: pulling(peer) for name, peer in peers.items()}, rounds)
    mine, other, secure, other_secure = (median_cpu(each) / _SIZE * 1e9 for each in costs.values())
    told = f"{mine:.2f} and {other:.2f} CPU s/GB"
    told_secure = f"{secure:.2f} and {other_secure:.2f} CPU s/GB"
    return [
        Figure("pull of a blob over http", mine, 0.25, "", "CPU s/GB"),
        Figure("pull over http, of docker-registry's CPU time", mine / other, 0.6, told),
        Figure("pull over https, of docker-registry's CPU time", secure / other_secure, 1.2, told_secure),
    ]


def _many(ours: Peer, digest: str, rounds: int) -> list[Figure]:
    """Fast clients alone, and beside slow ones that take a byte now and then."""
    alone, beside, grown = [], [], []
    for _ in range(rounds):
        alone.append(_all_fetch(ours, digest))
        before = resident(ours.pid)
        with ExitStack() as stack:
            for _ in range(_SLOW):
                link = stack.enter_context(ours.connect(buffer=4096))
                ours.ask(digest, link)
                link.recv(1)
            beside.append(_all_fetch(ours, digest))
            grown.append((resident(ours.pid) - before) / (_SLOW + _FAST) / MB)
    ratio = statistics.median(alone) / statistics.median(beside)
    return [
        Figure(f"{_FAST} clients beside {_SLOW} that hardly read, of their speed alone", ratio, 0.8, "", at_least=True),
        Figure("memory for each of the clients", max(grown), 1, "", "MB"),
    ]


def _all_fetch(ours: Peer, digest: str) -> float:
    threads = [threading.Thread(target=ours.pull, args=(digest, _SHARE, _SHARE - 1)) for _ in range(_FAST)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started


def _heads(ours: Peer, theirs: Peer, digest: str, folder: Path) -> list[Figure]:
    """A tag that is here, asked for over one kept connection."""
    config = b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'
    file = folder / "config"
    file.write_bytes(config)
    with ExitStack() as stack:

        def asking(peer: Peer) -> Callable[[], object]:
            peer.push(file, _digest(config))
            peer.put_manifest(config, digest, _SIZE)
            line = stack.enter_context(closing(HTTPConnection("127.0.0.1", peer.port)))
            return lambda: _ask(line, "HEAD", f"/v2/{_NAME}/manifests/latest", 200, accept=OCI_MANIFEST)

        seconds = latency({"ours": asking(ours), "docker-registry": asking(theirs)}, _HEADS)
    ours_seconds, theirs_seconds = seconds.values()
    told = ", ".join(f"{name} {value * 1000:.2f} ms" for name, value in seconds.items())
    return [
        Figure("HEAD of a tag", ours_seconds * 1000, 2, told, "ms"),
        Figure(
            "HEAD of a tag, of docker-registry's speed",
            theirs_seconds / ours_seconds,
            0.5,
            told,
            at_least=True,
        ),
    ]


def _ask(
    line: HTTPConnection, method: str, path: str, status: int, body: bytes = b"", media_type: str = "", accept: str = ""
) -> HTTPResponse:
    headers = {"Content-Type": media_type} if media_type else {}
    line.request(method, path, body, headers | ({"Accept": accept} if accept else {}))
    answer = line.getresponse()
    content = answer.read()
    assert answer.status == status, (answer.status, content)
    return answer


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "cert.pem", folder / "key.pem"
    command = [
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
        *("-keyout", str(key), "-out", str(certificate)),
    ]
    subprocess.run(command, check=True, capture_output=True)
    key.chmod(0o600)
    return certificate, key
