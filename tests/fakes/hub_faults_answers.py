"""Faults of hub.docker.com as a whole: refusals, outages, bodies that are no data, answers that never end."""

from __future__ import annotations

import time
import zlib
from functools import cache

from tests.fakes import delivery, redirects, statuses
from tests.fakes.hub_area import API, SEARCHES, Area
from tests.fakes.hub_fault import NamedFault, always, struck
from tests.fakes.message import Answer, Headers, Request
from tests.fakes.rules import Fault

V4_ONLY = frozenset({Area.SEARCH_V4})
V4_AND_V2 = frozenset({Area.SEARCH_V4, Area.SEARCH_V2})
_OVER = {"detail": "Rate limit exceeded", "error": False}
_LOGIN = frozenset({Area.LOGIN})


def _limited(retry: str | None) -> Fault:
    headers: Headers = (("X-Retry-After", retry),) if retry is not None else ()
    return statuses.instead("hub_429", Answer.json(429, _OVER, headers))


def _limited_for(seconds: int) -> Fault:
    return Fault(
        "hub_429",
        instead=lambda _: Answer.json(429, _OVER, (("X-Retry-After", str(int(time.time()) + seconds)),)),
    )


def _encoded(name: str, body: bytes) -> Fault:
    headers = (("Content-Encoding", "gzip"),)
    return statuses.instead(name, Answer.of(200, body, "application/json", headers))


@cache
def _bomb() -> bytes:
    packer = zlib.compressobj(wbits=31)
    parts = [packer.compress(b" " * 1_000_000) for _ in range(100)]
    return b"".join(parts) + packer.flush()


def _stale_login() -> Fault:
    """401 as long as an Authorization comes; search without one works (docker/for-mac#6028)."""

    def change(request: Request, answer: Answer) -> Answer:
        if not request.header("Authorization"):
            return answer
        answer.done()
        return Answer.json(401, {"detail": "Incorrect authentication credentials"})

    return Fault("stale_login", change=change)


REFUSALS = [
    struck(
        "cloudflare_everywhere",
        "Cloudflare's page for browsers from all of the API",
        API,
        always(statuses.cloudflare()),
    ),
    struck(
        "cloudflare_on_v4",
        "Cloudflare's page from search v4 alone",
        V4_ONLY,
        always(statuses.cloudflare()),
        survivable=True,
    ),
    struck(
        "cloudflare_on_v4_and_v2",
        "Cloudflare's page from searches v4 and v2",
        V4_AND_V2,
        always(statuses.cloudflare()),
        survivable=True,
    ),
    struck("limited_for_a_minute", "429 with X-Retry-After in a minute", API, lambda _: _limited_for(60)),
    struck("limited_without_hint", "429 with no word of when", API, always(_limited(None))),
    struck("limited_for_years", "429 with X-Retry-After in 2087", API, always(_limited("3692217600"))),
    struck("limited_in_the_past", "429 with an X-Retry-After long over", API, always(_limited("1"))),
    struck("limited_nonsense", "429 with an X-Retry-After that is no number", API, always(_limited("soon"))),
    struck("limited_as_text", "429 in plain text (HAP429)", API, always(statuses.hap429())),
    struck(
        "limited_once",
        "one 429 with Retry-After: 1, then all is well",
        SEARCHES,
        always(statuses.status(429, retry_after="1")),
        times=1,
        survivable=True,
    ),
    struck(
        "gone",
        "410, the endpoint has been retired",
        V4_AND_V2,
        always(statuses.status(410, "Gone")),
        survivable=True,
    ),
    struck("server_error", "500 from all of the API", API, always(statuses.status(500, "Internal Server Error"))),
    struck("bad_gateway_page", "502 with a page for browsers", API, always(statuses.html_page(502))),
    struck("unavailable", "503 with Retry-After: 3600", API, always(statuses.status(503, retry_after="3600"))),
    struck("gateway_timeout", "504 from all of the API", API, always(statuses.status(504))),
    struck("forbidden", "403 in plain text", API, always(statuses.status(403, "Forbidden"))),
    struck("teapot", "a status that nobody expects (418)", API, always(statuses.status(418, "short and stout"))),
    struck(
        "stale_login",
        "401 for every Authorization at the API, though none is needed",
        API,
        always(_stale_login()),
        survivable=True,
    ),
    struck("login_refused", "500 for every login", _LOGIN, always(statuses.status(500))),
]

BODIES = [
    struck("empty_on_v4", "200 with no body from search v4 alone", V4_ONLY, always(statuses.empty()), survivable=True),
    struck("empty_everywhere", "200 with no body from all of the API", API, always(statuses.empty())),
    struck("no_content", "204 from all of the API", API, always(statuses.empty(204))),
    struck("portal_page", "200 with a Wi-Fi portal's page", API, always(statuses.html_page())),
    struck("broken_json", "JSON that ends in the middle", API, always(delivery.clean_short(60))),
    struck(
        "not_utf8", "JSON with bytes that are no UTF-8", API, always(statuses.body(b'{"results":[{"name":"\xff"}]}'))
    ),
    struck("null_body", "`null`", API, always(statuses.body(b"null"))),
    struck("list_body", "a list where an object belongs", API, always(statuses.body(b'["nginx"]'))),
    struck("text_body", "a JSON string where an object belongs", API, always(statuses.body(b'"down for maintenance"'))),
    struck("nan_body", "NaN and Infinity as figures", API, always(statuses.body(b'{"count":NaN,"results":Infinity}'))),
    struck("deep_json", "100,000 brackets", API, always(statuses.body(b"[" * 100_000 + b"]" * 100_000))),
    struck(
        "huge_json",
        "100 MB of JSON",
        API,
        lambda _: Fault("huge_json", instead=_endless_results),
    ),
    struck("gzip_that_is_none", "Content-Encoding: gzip over plain text", API, always(_encoded("no_gzip", b"{}"))),
    struck("gzip_bomb", "100 MB of spaces in 100 kB of gzip", API, lambda _: _encoded("bomb", _bomb())),
    struck("typed_as_html", "right JSON as text/html", V4_ONLY, always(statuses.content_type("text/html"))),
    struck("untyped", "right JSON with no Content-Type", API, always(statuses.content_type(""))),
    struck("typed_as_octets", "right JSON as octets", API, always(statuses.content_type("application/octet-stream"))),
]


def _endless_results(_: Request) -> Answer:
    piece = b'{"name":"nginx","repo_name":"nginx"},' * 27_000
    return Answer(200, (("Content-Type", "application/json"),), (b'{"results":[', *[piece] * 100, b"{}]}"), None)


DELIVERY = [
    struck(
        "hang",
        "not a byte, not even a status",
        API,
        lambda hub: delivery.stalled(hub.gate()),
        waits=True,
    ),
    struck(
        "hang_on_v4", "not a byte from search v4 alone", V4_ONLY, lambda hub: delivery.stalled(hub.gate()), waits=True
    ),
    struck("hang_in_body", "40 bytes, and no more", API, lambda hub: delivery.hold(hub.gate(), at=40), waits=True),
    struck("slow_body", "20 bytes a second", API, always(delivery.slow(20)), waits=True),
    struck("dropped", "the connection ends where the status should be", API, always(delivery.no_answer())),
    struck("reset", "the connection is reset where the status should be", API, always(delivery.no_answer(reset=True))),
    struck("dropped_in_body", "the connection ends after 40 bytes", API, always(delivery.drop_after(40))),
    struck(
        "dropped_once",
        "the first connection ends early, the next does not",
        SEARCHES,
        always(delivery.drop_after(40)),
        times=1,
        survivable=True,
    ),
    struck("chunked", "no length, chunks instead", API, always(delivery.chunked()), survivable=True),
    struck(
        "until_close", "no length, the connection's end instead", API, always(delivery.until_close()), survivable=True
    ),
    struck("redirect_loop", "302 from here to here", API, always(redirects.redirect_loop(302))),
    struck("redirect_forever", "302 to ever new addresses", API, always(redirects.redirect_forever(302))),
    struck("redirect_nowhere", "302 without Location", API, always(redirects.redirect("", 302))),
    *(
        struck(f"redirect_{name}", f"302 to {target}", API, always(redirects.redirect(target, 302)))
        for name, target in redirects.HOSTILE_TARGETS.items()
    ),
]

ANSWERS: list[NamedFault] = [*REFUSALS, *BODIES, *DELIVERY]
