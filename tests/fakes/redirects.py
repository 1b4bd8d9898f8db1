"""Blobs that are somewhere else: redirects to the CDN, in circles, and to where nobody should follow."""

from __future__ import annotations

import itertools
from urllib.parse import quote

from tests.fakes.cdn import Cdn
from tests.fakes.guard import repository_of
from tests.fakes.message import Answer, Request
from tests.fakes.rules import Fault

HOSTILE_TARGETS: dict[str, str] = {
    "private_address": "http://10.255.255.1/secret",
    "link_local_metadata": "http://169.254.169.254/latest/meta-data/",
    "file": "file:///etc/passwd",
    "other_scheme": "gopher://127.0.0.1:70/",
    "no_host": "http:///nowhere",
    "not_a_url": "http://[::1",
}
"""Redirect targets that a client must refuse without connecting (product.md, "Access")."""


def redirect(location: str, code: int = 307) -> Fault:
    """A redirect to a fixed address; an empty one leaves Location out."""
    headers = (("Location", location),) if location else ()
    return Fault(f"redirect_{code}", instead=lambda _: Answer.of(code, b"", headers=headers))


def redirect_to_cdn(cdn: Cdn, code: int = 307) -> Fault:
    """A blob that exists is at the CDN, under a URL signed for this one request."""

    def change(request: Request, answer: Answer) -> Answer:
        if answer.status not in (200, 206):
            return answer
        answer.done()
        repository, digest = repository_of(request.path), request.path.rpartition("/")[2]
        return Answer.of(code, b"", headers=(("Location", cdn.sign(repository or "", digest)),))

    return Fault(f"redirect_to_cdn_{code}", change=change)


def redirect_loop(code: int = 307) -> Fault:
    """From here to here."""

    def instead(request: Request) -> Answer:
        return Answer.of(code, b"", headers=(("Location", request.path),))

    return Fault("redirect_loop", instead=instead)


def redirect_forever(code: int = 307) -> Fault:
    """Always on to another address, none seen before."""
    number = itertools.count(1)

    def instead(request: Request) -> Answer:
        return Answer.of(code, b"", headers=(("Location", f"{quote(request.path)}?hop={next(number)}"),))

    return Fault("redirect_forever", instead=instead)


def vanity(url: str, code: int = 307) -> Fault:
    """Everything is at another registry, whose base `url` is; a name of one's own for it."""

    def instead(request: Request) -> Answer:
        target = f"{request.path}?{request.query}" if request.query else request.path
        return Answer.of(code, b"", headers=(("Location", url + target),))

    return Fault("vanity", instead=instead)
