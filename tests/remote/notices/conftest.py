"""What the tests of senders share."""

from __future__ import annotations

import ssl
import time
from datetime import UTC, datetime

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.model.notices.happening import Event, Happening
from imagedepot.model.notices.notification import Message
from imagedepot.remote.http.transport import Transport
from imagedepot.server.tls.authority import Authority

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HAPPENING = Happening(Event.DOWNLOADED, "lab/app:1", "lab/app:1 was downloaded", NOON, {"bytes": 10})
MESSAGE = Message("0123abcd", NOON, "Image Depot: Download finished", "lab/äpp:1 was downloaded", [HAPPENING])


def within(seconds: float = 20) -> Cancellation:
    return Cancellation(seconds, time.monotonic() + seconds)


@pytest.fixture
def transport() -> Transport:
    return Transport(environment={})


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One of our own, with a certificate for 127.0.0.1."""
    made = Authority(tmp_path_factory.mktemp("tls"), host=lambda: ["127.0.0.1", "localhost"])
    made.init()
    return made


@pytest.fixture
def trusting(authority: Authority) -> Transport:
    return Transport(ca_bundle=authority.certificate, environment={})


def served_by(authority: Authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.server_certificate, authority.server_key)
    return context
