"""Webhooks and ntfy, against a real HTTP server: what arrives, how it is signed, and what goes wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator

import pytest

from imagedepot.errors import (
    AddressNotAllowed,
    InvalidInput,
    RateLimited,
    TimedOut,
    Unavailable,
    UpstreamDenied,
    UpstreamError,
)
from imagedepot.model.notices.notification import ChannelKind, Target
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.notices.hooks import Ntfy, Webhook
from tests.fakes.hooks import HookServer
from tests.fakes.message import Gate
from tests.remote.notices.conftest import MESSAGE, within

KEY = b"0123456789abcdef0123456789abcdef"
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"


@pytest.fixture
def server() -> Iterator[HookServer]:
    with HookServer() as server:
        yield server


def webhook(url: str, transport: Transport, secret: str = SECRET) -> Webhook:
    return Webhook(Target(ChannelKind.WEBHOOK, url, secret=secret), transport)


def test_a_webhook_is_json_that_its_receiver_can_trust(server: HookServer, transport: Transport) -> None:
    webhook(f"{server.url}/hook?x=1", transport).send(MESSAGE, within())
    (got,) = server.got
    sent = got.header("webhook-timestamp")
    signed = f"{MESSAGE.id}.{sent}.".encode() + got.body
    digest = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert (got.method, got.path, got.query) == ("POST", "/hook", "x=1")
    assert got.header("webhook-id") == MESSAGE.id
    assert got.header("webhook-signature") == f"v1,{digest}"
    assert server.bodies == [
        {
            "id": "0123abcd",
            "time": "2026-11-24T12:00:00Z",
            "title": "Image Depot: Download finished",
            "message": "lab/äpp:1 was downloaded",
            "events": [
                {
                    "event": "downloaded",
                    "subject": "lab/app:1",
                    "message": "lab/app:1 was downloaded",
                    "time": "2026-11-24T12:00:00Z",
                    "facts": {"bytes": 10},
                }
            ],
            "lost": 0,
        }
    ]


def test_a_key_that_is_a_plain_text_signs_as_it_is(server: HookServer, transport: Transport) -> None:
    webhook(server.url, transport, "plain").send(MESSAGE, within())
    got = server.got[0]
    signed = f"{MESSAGE.id}.{got.header('webhook-timestamp')}.".encode() + got.body
    digest = base64.b64encode(hmac.new(b"plain", signed, hashlib.sha256).digest()).decode()
    assert got.header("webhook-signature") == f"v1,{digest}"


def test_ntfy_gets_the_topic_the_text_and_the_token(server: HookServer, transport: Transport) -> None:
    Ntfy(Target(ChannelKind.NTFY, f"{server.url}/sub/nas%20box", secret="tk_x"), transport).send(MESSAGE, within())
    assert server.got[0].path == "/sub/"
    assert server.got[0].header("Authorization") == "Bearer tk_x"
    assert server.bodies == [{"topic": "nas box", "title": MESSAGE.title, "message": MESSAGE.text}]


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (401, (), UpstreamDenied),
        (403, (), UpstreamDenied),
        (404, (), UpstreamError),
        (429, (("Retry-After", "7"),), RateLimited),
        (500, (), Unavailable),
        (302, (("Location", "http://127.0.0.1:1/elsewhere"),), UpstreamError),
    ],
)
def test_what_is_no_good_answer_is_a_failure_with_its_status(
    server: HookServer,
    transport: Transport,
    status: int,
    headers: tuple[tuple[str, str], ...],
    error: type[UpstreamError],
) -> None:
    server.status, server.headers = status, headers
    with pytest.raises(error) as failed:
        webhook(server.url, transport).send(MESSAGE, within())
    assert SECRET not in str(failed.value)
    assert len(server.got) == 1
    if status == 429:
        assert getattr(failed.value, "retry_after", None) == 7


def test_a_receiver_that_hangs_is_left_at_the_deadline(server: HookServer, transport: Transport) -> None:
    server.gate = Gate()
    with pytest.raises(TimedOut):
        webhook(server.url, transport).send(MESSAGE, within(0.3))


@pytest.mark.parametrize("url", ["http://10.1.2.3/hook", "http://169.254.169.254/latest", "http://8.8.8.8/"])
def test_plain_http_goes_to_this_host_alone_and_says_what_allows_more(url: str, transport: Transport) -> None:
    with pytest.raises(AddressNotAllowed, match="IMAGEDEPOT_INSECURE_REGISTRIES"):
        webhook(url, transport).send(MESSAGE, within(5))


def test_a_webhook_cannot_reach_where_clouds_serve_their_secrets(transport: Transport) -> None:
    with pytest.raises(AddressNotAllowed):
        webhook("https://169.254.169.254/latest", transport).send(MESSAGE, within(5))


@pytest.mark.parametrize(
    "url", ["", "ftp://a/b", "https://", "https://u:p@host/", "file:///etc/passwd", "https://a b/"]
)
def test_what_is_no_address_of_a_web_server_is_refused_at_once(url: str, transport: Transport) -> None:
    with pytest.raises(InvalidInput):
        webhook(url, transport)


def test_an_ntfy_address_without_a_topic_and_a_broken_key_are_refused(transport: Transport) -> None:
    with pytest.raises(InvalidInput, match="topic"):
        Ntfy(Target(ChannelKind.NTFY, "https://ntfy.sh/"), transport)
    with pytest.raises(InvalidInput, match="base64"):
        webhook("https://a/", transport, "whsec_?")
