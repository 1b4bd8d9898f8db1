"""Messages over HTTP: signed webhooks as "Standard Webhooks" has them, and ntfy."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from imagedepot.cancellation import Cancellation
from imagedepot.errors import AddressNotAllowed, InvalidInput, RateLimited, Unavailable, UpstreamDenied, UpstreamError
from imagedepot.model.notices.happening import Happening
from imagedepot.model.notices.notification import Message, Target
from imagedepot.model.text.json_text import json_text
from imagedepot.remote.http.address import OWNER, Address
from imagedepot.remote.http.retry_after import retry_after
from imagedepot.remote.http.transport import Transport

_KEY_PREFIX = "whsec_"


class Webhook:
    """Sends a message as JSON, signed with HMAC-SHA256 over its id, the time of sending and the body."""

    def __init__(self, target: Target, transport: Transport) -> None:
        """Raises `InvalidInput`."""
        self._url = _checked(target.address)
        self._key = _key(target.secret)
        self._transport = transport

    def send(self, message: Message, cancellation: Cancellation) -> None:
        body = json_text(as_json(message)).encode()
        sent = str(int(datetime.now(UTC).timestamp()))
        digest = hmac.new(self._key, f"{message.id}.{sent}.".encode() + body, hashlib.sha256).digest()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message.id,
            "webhook-timestamp": sent,
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }
        post(self._transport, self._url, headers, body, cancellation)


class Ntfy:
    """Publishes a message as JSON to the topic that is the last part of the address's path."""

    def __init__(self, target: Target, transport: Transport) -> None:
        """Raises `InvalidInput`."""
        parts = urlsplit(_checked(target.address))
        folder, _, topic = parts.path.rstrip("/").rpartition("/")
        self._topic = unquote(topic)
        if not self._topic:
            raise InvalidInput("address: name the topic, such as https://ntfy.sh/TOPIC")
        self._url = urlunsplit((parts.scheme, parts.netloc, f"{folder}/", "", ""))
        self._token = target.secret
        self._transport = transport

    def send(self, message: Message, cancellation: Cancellation) -> None:
        body = json_text({"topic": self._topic, "title": message.title, "message": message.text}).encode()
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        post(self._transport, self._url, headers, body, cancellation)


def as_json(message: Message) -> Mapping[str, Any]:
    """The message as the JSON object that a webhook's receiver reads."""
    return {
        "id": message.id,
        "time": _moment(message.time),
        "title": message.title,
        "message": message.text,
        "events": [_event(each) for each in message.happenings],
        "lost": message.lost,
    }


def post(transport: Transport, url: str, headers: Mapping[str, str], body: bytes, cancellation: Cancellation) -> None:
    """Raises a `DepotError` unless the answer is a good one. No redirect is followed."""
    try:
        answer = transport.request("POST", url, headers, body, given_by=OWNER, cancellation=cancellation)
    except AddressNotAllowed as error:
        if not url.startswith("http://"):
            raise
        raise AddressNotAllowed(
            f"{error}: over plain http only this host is asked, unless IMAGEDEPOT_INSECURE_REGISTRIES names the other"
        ) from error
    with answer:
        if answer.status < 300:
            answer.discard()
            return
        where, now = answer.where, datetime.now(UTC)
        wait = retry_after(answer, "", now)
    if answer.status in (401, 403):
        raise UpstreamDenied(f"{where} refuses the message: it answered {answer.status}")
    if answer.status == 429:
        raise RateLimited(f"{where} takes no more messages for now", retry_after=wait)
    if answer.status >= 500:
        raise Unavailable(f"{where} answered {answer.status}", wait)
    more = ", a redirect, which is not followed" if answer.status < 400 else ""
    raise UpstreamError(f"{where} refuses the message: it answered {answer.status}{more}")


def _checked(url: str) -> str:
    """The sentence has nothing of the address, which may be a secret: it gets into the log."""
    try:
        Address.of(url)
    except AddressNotAllowed as error:
        raise InvalidInput("address: not an http or https URL, or one with credentials in it") from error
    return url


def _key(secret: str) -> bytes:
    """The bytes of a key: those that a `whsec_` text stands for, or the text itself."""
    if not secret.startswith(_KEY_PREFIX):
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix(_KEY_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("secret: what follows whsec_ is not base64") from error
    if not key:
        raise InvalidInput("secret: nothing follows whsec_")
    return key


def _event(happening: Happening) -> Mapping[str, Any]:
    return {
        "event": happening.event.value,
        "subject": happening.subject,
        "message": happening.text,
        "time": _moment(happening.time),
        "facts": dict(happening.facts),
    }


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
