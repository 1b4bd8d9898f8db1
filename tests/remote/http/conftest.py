"""A server with a certificate that no authority of the system has signed."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.message import Answer
from tests.ground.needs import require
from tests.remote.scripted import Scripted


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of this host and of registry.example, which is its own authority, and its key."""
    require("openssl")
    folder = tmp_path_factory.mktemp("tls")
    made, key = folder / "cert.pem", folder / "key.pem"
    what = [
        "-subj",
        "/CN=registry.example",
        "-addext",
        "subjectAltName=IP:127.0.0.1,DNS:registry.example",
        "-days",
        "2",
        "-nodes",
    ]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", *what, "-out", str(made), "-keyout", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    return made, key


@pytest.fixture
def secure_server(certificate: tuple[Path, Path]) -> Iterator[Scripted]:
    with Scripted(Answer.text(200, "hello")) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server._http.socket = context.wrap_socket(server._http.socket, server_side=True)
        yield server


@pytest.fixture
def secure(secure_server: Scripted) -> str:
    return secure_server.url.replace("http://", "https://")
