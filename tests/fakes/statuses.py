"""Faults that answer something else: rate limits, outages, pages meant for browsers."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime

from tests.fakes.message import Answer, Headers, Request
from tests.fakes.rules import Fault

_LIMIT = "You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit"
_OLD_LIMIT = (
    "You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: "
    "https://www.docker.com/increase-rate-limit"
)
CLOUDFLARE_PAGE = (
    '<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>'
    '<meta http-equiv="Content-Type" content="text/html; charset=UTF-8"><meta name="robots" content="noindex,nofollow">'
    "</head><body><noscript>Enable JavaScript and cookies to continue</noscript>"
    "<script>(function(){window._cf_chl_opt={cType:'managed'};}());</script></body></html>"
)


def instead(name: str, answer: Answer) -> Fault:
    """Always this answer, in place of the upstream's; its body must be known whole."""
    body = answer.read()

    return Fault(name, instead=lambda _: Answer(answer.status, answer.headers, (body,), len(body), answer.wire))


def too_many_requests(retry_after: str | None = None, old_words: bool = False) -> Fault:
    """Docker Hub's 429 at the manifest; `retry_after` is the header's raw value."""
    headers: Headers = (("Retry-After", retry_after),) if retry_after is not None else ()
    words = _OLD_LIMIT if old_words else _LIMIT
    return instead("429", Answer.errors(429, "TOOMANYREQUESTS", words, headers=headers))


def too_many_requests_until(moment: datetime) -> Fault:
    """429 with Retry-After as an HTTP date (`moment` must be aware and in UTC)."""
    return too_many_requests(format_datetime(moment, usegmt=True))


def hap429() -> Fault:
    """Docker Hub's abuse limit: 429 with plain text."""
    return instead("hap429", Answer.text(429, "Too Many Requests (HAP429).\n"))


def ghcr_micro_retry() -> Fault:
    """GHCR's shared bucket: a Go duration below a millisecond in the words, no header."""
    return instead(
        "ghcr_micro_retry",
        Answer.errors(429, "TOOMANYREQUESTS", "retry-after: 985.86µs, allowed: 44000/minute"),
    )


def status(code: int, text: str = "", retry_after: str | None = None) -> Fault:
    """Any status with a text body, as proxies answer."""
    headers: Headers = (("Retry-After", retry_after),) if retry_after is not None else ()
    return instead(f"status_{code}", Answer.text(code, text or f"{code} from a proxy", headers))


def registry_error(code: int, word: str, message: str) -> Fault:
    """A registry's own error body."""
    return instead(f"error_{code}_{word}", Answer.errors(code, word, message))


def denied() -> Fault:
    """403 DENIED: logged in, not allowed."""
    return registry_error(403, "DENIED", "requested access to the resource is denied")


def cloudflare() -> Fault:
    """The 403 page that wants a browser (upstreams.md 1.1)."""
    headers = (("cf-mitigated", "challenge"), ("Server", "cloudflare"), ("Cache-Control", "no-store"))
    return instead("cloudflare", Answer.html(403, CLOUDFLARE_PAGE, headers))


def html_page(code: int = 200) -> Fault:
    """A portal's page where data should be."""
    return instead(f"html_{code}", Answer.html(code, "<html><body><h1>Welcome to our Wi-Fi</h1></body></html>"))


def empty(code: int = 200, content_type: str = "application/json") -> Fault:
    """No body."""
    return instead(f"empty_{code}", Answer.of(code, b"", content_type))


def body(content: bytes, content_type: str = "application/json", code: int = 200) -> Fault:
    """Exactly these bytes."""
    return instead("body", Answer.of(code, content, content_type))


def head_refused() -> Fault:
    """405 for HEAD (inject with method="HEAD")."""
    return instead("head_refused", Answer.errors(405, "UNSUPPORTED", "The operation is unsupported."))


def without_digest() -> Fault:
    """The answer without Docker-Content-Digest (method="HEAD" or all)."""

    def change(_: Request, answer: Answer) -> Answer:
        return answer.without_header("Docker-Content-Digest").without_header("ETag")

    return Fault("without_digest", change=change)


def wrong_digest(digest: str = "sha256:" + "0" * 64) -> Fault:
    """The answer with a Docker-Content-Digest that is not its body's."""
    return Fault("wrong_digest", change=lambda _, answer: answer.with_headers(("Docker-Content-Digest", digest)))


def content_type(value: str) -> Fault:
    """The right body under another Content-Type (an empty one: none at all)."""

    def change(_: Request, answer: Answer) -> Answer:
        return answer.with_headers(("Content-Type", value)) if value else answer.without_header("Content-Type")

    return Fault(f"content_type_{value or 'none'}", change=change)
