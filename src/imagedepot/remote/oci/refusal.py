"""Turns a registry's refusal into an error whose sentence names the image, the registry and the reason.

Codes are a hint, bodies may be text or a web page, and nothing that could be a secret is repeated.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from imagedepot.errors import (
    ConnectionBroken,
    DepotError,
    InvalidAnswer,
    Unavailable,
    UpstreamDenied,
    UpstreamError,
    UpstreamNotFound,
)
from imagedepot.model.text.texts import words
from imagedepot.remote.http.answers.answer import Answer
from imagedepot.remote.http.retry_after import TRY_AGAIN, rate_limited, retry_after
from imagedepot.remote.oci.endpoint import Endpoint

_LARGEST = 1 << 16
_LONGEST_WORDS = 200
_QUERY = re.compile(r"\?\S+")
_MESSAGES = ("message", "error_description", "details", "detail", "error", "code")
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")  # control characters that no text has
# Docker Hub's limit of pulls; that of requests in a short time answers "Too Many Requests (HAP429)".
_PULL_QUOTA = re.compile(r"pull rate limit|toomanyrequests", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was requested (`lgsd/diamond:latest`), where, and as which user ("" without a login).

    `needs_login`: the registry asked for a login, and we have none; `trouble`: why one may exist that cannot be read.
    """

    what: str
    endpoint: Endpoint
    user: str = ""
    needs_login: bool = False
    trouble: str = ""


def is_registry(answer: Answer) -> bool:
    """Whether a registry answered, be it another one than was asked, and not the storage that it redirects to."""
    return not answer.redirected or urlsplit(answer.url).path.startswith("/v2/")


def refusal(answer: Answer, wanted: Wanted, now: datetime) -> DepotError:
    """The error for an answer with an unexpected status. Reads and closes it."""
    reason = reason_of(answer)
    what, title, status = wanted.what, wanted.endpoint.title, answer.status
    if not is_registry(answer) and status < 500 and status != 429:
        # A signed address that has expired or is not for us: the registry will send another one.
        return Unavailable(f"{title} sends us for {what} to {answer.where}, which answers {status}")
    if status == 401 or (status == 404 and wanted.needs_login):
        hidden = UpstreamNotFound(_hidden(wanted))
        hidden.may_be_hidden = True
        return hidden
    if status == 403 and answer.is_html:
        return UpstreamDenied(f"{title} answered with a web page (a browser check) instead of {what}")
    if status == 403:
        return UpstreamDenied(f"{title} does not allow {what}{_because(reason)}")
    if status == 404:
        return UpstreamNotFound(f"{what} does not exist on {title}")
    if status == 429:
        seconds = retry_after(answer, reason, now)
        error = rate_limited(what, title, seconds, now)
        error.is_quota = wanted.endpoint.is_hub and bool(_PULL_QUOTA.search(reason))
        if seconds is None and wanted.endpoint.is_hub and not wanted.user:
            error.args = (f"{error}; a login raises the limit",)
        return error
    if status >= 500 or status in TRY_AGAIN:
        return Unavailable(f"{title} answered {status} for {what}{_because(reason)}", retry_after(answer, reason, now))
    return InvalidAnswer(f"{title} answered {status} for {what}{_because(reason)}")


def _hidden(wanted: Wanted) -> str:
    """The sentence for an image that is missing or hidden from us: the two look alike."""
    if wanted.user:
        return f"{wanted.what} does not exist on {wanted.endpoint.title}, or {wanted.user} may not pull it"
    trouble = f"; no login could be read: {wanted.trouble}" if wanted.trouble else ""
    return f"{wanted.what} does not exist on {wanted.endpoint.title} or needs a login{trouble}"


def reason_of(answer: Answer) -> str:
    """The reason that the body gives: a message in one of the usual JSON shapes, else its text, cut and on one line.

    "" for a web page and for bytes that are not text. Reads and closes the answer.
    """
    try:
        raw = answer.read(_LARGEST)
    except (ConnectionBroken, UpstreamError):
        return ""
    if answer.is_html:
        return ""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return "" if _BINARY.search(text) else _clean(text)
    if not isinstance(body, dict):
        return ""
    errors = body.get("errors")
    for each in (*(errors if isinstance(errors, list) else ()), body):
        if isinstance(each, dict):
            message = next((each[key] for key in _MESSAGES if isinstance(each.get(key), str) and each[key]), "")
            if message:
                return _clean(message)
    return ""


def _clean(text: str) -> str:
    return _QUERY.sub("", words(text, _LARGEST))[:_LONGEST_WORDS].rstrip(".")


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""
