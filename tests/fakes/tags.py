"""`tags/list` in pages, with every kind of `next` link (upstreams.md 2.3)."""

from __future__ import annotations

import base64
import json
from enum import Enum
from urllib.parse import quote

from tests.fakes.message import Answer, Request
from tests.fakes.rules import Fault


class Links(Enum):
    """How the next page is named."""

    RELATIVE = "relative"
    ABSOLUTE = "absolute"
    OPAQUE = "opaque"
    LOOP = "loop"
    FOREIGN = "foreign"
    ENDLESS = "endless"
    BROKEN = "broken"
    SINGLE_QUOTES = "single_quotes"
    NO_RELATION = "no_relation"
    NO_BRACKETS = "no_brackets"
    UNREADABLE = "unreadable"


GOOD_LINKS = (
    Links.RELATIVE,
    Links.ABSOLUTE,
    Links.OPAQUE,
    Links.FOREIGN,
    Links.BROKEN,
    Links.SINGLE_QUOTES,
    Links.NO_RELATION,
    Links.NO_BRACKETS,
)
"""Those from which a client can learn what the next page is."""


def paged_tags(links: Links, size: int = 2, foreign: str = "http://127.0.0.1:9") -> Fault:
    """The upstream's tags, `size` at a time; `foreign` is the other host that `Links.FOREIGN` names."""

    def change(request: Request, answer: Answer) -> Answer:
        if answer.status != 200:
            return answer
        body = json.loads(answer.read())
        tags = sorted(body["tags"] or [])
        last = request.arg("last") or base64.urlsafe_b64decode(request.arg("next_page")).decode()
        left = [tag for tag in tags if tag > last]
        page = left[:size]
        if links is Links.ENDLESS:
            page = [f"t{int(last[1:] or 0) + 1:08}"]
        more = links is Links.ENDLESS or len(left) > size
        headers = (("Link", _link(links, request, page[-1], size, foreign)),) if more else ()
        return Answer.json(200, {"name": body["name"], "tags": page}, headers)

    return Fault(f"tags_{links.value}", change=change)


def _link(links: Links, request: Request, last: str, size: int, foreign: str) -> str:
    target = f"{request.path}?last={quote(last)}&n={size}"
    match links:
        case Links.ABSOLUTE:
            target = f"http://{request.host}{target}"
        case Links.OPAQUE:
            target = f"{request.path}?next_page={quote(base64.urlsafe_b64encode(last.encode()).decode())}&n={size}"
        case Links.LOOP:
            target = f"{request.path}?n={size}"
        case Links.FOREIGN:
            target = f"{foreign}{target}"
        case Links.BROKEN:
            return f'<{target}>; rel="next'
        case Links.SINGLE_QUOTES:
            return f"<{target}>; rel='next'"
        case Links.NO_RELATION:
            return f"<{target}>"
        case Links.NO_BRACKETS:
            return f'{target}; rel="next"'
        case Links.UNREADABLE:
            return "next page"
        case _:
            pass
    return f'<{target}>; rel="next"'


def no_tags() -> Fault:
    """`tags: null`: the repository exists and every tag of it has been deleted."""

    def change(_: Request, answer: Answer) -> Answer:
        if answer.status != 200:
            return answer
        return Answer.json(200, {"name": json.loads(answer.read())["name"], "tags": None})

    return Fault("tags_null", change=change)


def hostile_tags() -> Fault:
    """Tags that are none: paths, markup, control characters, numbers, a very long one; and one good one, `latest`."""
    odd = [
        "../../etc/passwd",
        "<script>alert(1)</script>",
        "a\x00b\x1b[31m",
        "x" * 5000,
        "",
        " ",
        7,
        None,
        ["x"],
        "a:b",
    ]
    return Fault(
        "hostile_tags", instead=lambda request: Answer.json(200, {"name": request.path, "tags": [*odd, "latest"]})
    )


def page_in_between(page: list[str] | None) -> Fault:
    """Pages of one tag each, every second one of which is `page`: nothing, null, or what was there before."""

    def change(request: Request, answer: Answer) -> Answer:
        if answer.status != 200:
            return answer
        tags = sorted(json.loads(answer.read())["tags"])
        at = int(request.arg("at", "0"))
        shown = tags[at // 2 : at // 2 + 1] if at % 2 == 0 else page
        more = at // 2 < len(tags) - 1
        headers = (("Link", f'<{request.path}?at={at + 1}>; rel="next"'),) if more else ()
        return Answer.json(200, {"name": request.path, "tags": shown}, headers)

    return Fault("page_in_between", change=change)
