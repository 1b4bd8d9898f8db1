from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imagedepot.server.connections import Connections
from imagedepot.server.http_protocol import RequestLimits
from imagedepot.server.tls.listener import TlsListener
from tests.ground.needs import require
from tests.server.served import Client, Served

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    require("openssl")
    folder = tmp_path_factory.mktemp("certificate")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


@pytest.fixture
def secure(certificate: tuple[Path, Path]) -> Iterator[Served]:
    """Takes ten connections, and gives a handshake half a second."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with Served(RequestLimits(handshake=0.5), Connections(10, 10), context) as running:
        yield running


def _shaken(served: Served, certificate: Path) -> Client:
    context = ssl.create_default_context(cafile=str(certificate))
    return Client(context.wrap_socket(served.connect().link, server_hostname="127.0.0.1"))


def test_a_file_is_not_sent_past_the_encryption(secure: Served, certificate: tuple[Path, Path]) -> None:
    secure.file = certificate[0]
    size = certificate[0].stat().st_size
    with _shaken(secure, certificate[0]) as client:
        _, headers, body = client.send(b"GET /file/0-%d HTTP/1.1\r\nHost: a\r\n\r\n" % size).answer()
        assert headers["x-offered"] == "no"
        assert body == certificate[0].read_bytes()


def test_requests_are_served_over_tls_as_they_are_without(secure: Served, certificate: tuple[Path, Path]) -> None:
    with _shaken(secure, certificate[0]) as client:
        assert client.send(GET).json()["path"] == "/"
        assert client.send(GET).json()["path"] == "/"
        client.send(b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n")
        assert client.answer()[0] == 431


@pytest.mark.parametrize("content", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01"])
def test_a_handshake_that_never_comes_ends_the_connection(secure: Served, content: bytes) -> None:
    with secure.connect() as client:
        if content:
            client.send(content)
        while client.link.recv(1000):  # an alert, perhaps
            pass
    assert not secure.errors


def test_connections_without_a_handshake_make_room_like_idle_ones(
    secure: Served, certificate: tuple[Path, Path]
) -> None:
    for _ in range(200):
        secure.connect()
    with _shaken(secure, certificate[0]) as client:
        assert client.send(GET).json()["path"] == "/"
    assert len(secure.connections) <= 10


def test_the_end_of_the_service_does_not_wait_for_handshakes(certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with Served(RequestLimits(handshake=3600), tls=context) as running, socket.socket() as link:
        link.connect(("127.0.0.1", running.port))
        with _shaken(running, certificate[0]) as client:
            client.send(GET).json()
    assert running.has_ended


class Full(socket.socket):
    """A listener in a process that has no descriptor left."""

    tried = 0

    def accept(self) -> Any:
        self.tried += 1
        raise OSError(errno.EMFILE, "Too many open files")


def test_a_process_without_descriptors_tries_again_after_a_pause() -> None:
    async def tried_by(listener: Full) -> int:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        waiting = TlsListener(listener, asyncio.Protocol, context, Connections(10, 10), 10)
        turns = 0  # of the event loop, each of which could report the connection that waits
        while turns < 1000 or listener.tried < 2:
            turns += 1
            await asyncio.sleep(0)
        waiting.close()
        await waiting.wait_closed()
        return listener.tried

    with Full() as listener, socket.socket() as client:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client.connect(listener.getsockname())
        assert asyncio.run(tried_by(listener)) < 100
