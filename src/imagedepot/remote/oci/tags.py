"""All tags of a repository, page by page (OCI distribution specification: listing tags)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from urllib.parse import urljoin

from imagedepot.cancellation import Cancellation
from imagedepot.errors import AddressNotAllowed, InvalidAnswer
from imagedepot.model.reference import Reference, is_tag
from imagedepot.remote.http.address import Address
from imagedepot.remote.http.answer import Answer
from imagedepot.remote.oci.registry import RegistryClient

_PAGE = 1000  # Amazon's registry refuses more
_MOST_PAGES = 1000
_MOST_TAGS = 200_000
_LONGEST_SECONDS = 60.0  # somebody waits for the list
_LARGEST = 32 << 20
# Each part ends before the next `<`, so that no header keeps the search going over itself again and again.
_NEXT = re.compile(r'<([^<>]*)>\s*;[^,<]*\brel\s*=\s*"?next\b', re.IGNORECASE)
# A referrer stored as a tag: a signature, an attestation, a bill of materials, an index of such.
_REFERRER = re.compile(r"sha(?:256|512)-[0-9a-f]{64,128}(?:\..*)?")


def list_tags(client: RegistryClient, reference: Reference, cancellation: Cancellation | None = None) -> list[str]:
    """Every tag that names an image, in the order of `ordered`. The link to the next page is followed as it is given.

    Raises `UpstreamNotFound`, `AddressNotAllowed` (a link to another host), `RateLimited`, `Unavailable`,
    `UpstreamError`.
    """
    what = reference.familiar_name
    path = f"/{reference.repository}/tags/list?n={_PAGE}"
    answer, wanted = client.ask(reference, "GET", path, what, {"Accept": "application/json"}, cancellation)
    home, began = Address.of(answer.url), time.monotonic()
    found: set[str] = set()
    seen: set[str] = set()
    while True:
        if answer.status != 200:
            raise client.refused(answer, wanted)
        link = _next(answer)
        before = len(found)
        found.update(_tags(answer.json(_LARGEST), wanted.endpoint.title))
        if link is None or link in seen or len(found) > _MOST_TAGS:
            return ordered(found)
        if Address.of(link) != home:
            raise AddressNotAllowed(f"{wanted.endpoint.title} continues its tags of {what} at {Address.of(link)}")
        endless = len(seen) >= _MOST_PAGES or time.monotonic() - began > _LONGEST_SECONDS
        if endless or len(found) == before:
            return ordered(found)
        seen.add(link)
        answer, wanted = client.ask_at(wanted.endpoint, reference.repository, "GET", link, what, {}, cancellation)


def ordered(tags: Iterable[str]) -> list[str]:
    """`latest` first, then ascending as strings; without referrers and what is no tag."""
    usable = {tag for tag in tags if is_tag(tag) and not _REFERRER.fullmatch(tag)}
    return sorted(usable, key=lambda tag: (tag != "latest", tag))


def _tags(body: object, title: str) -> list[str]:
    """`tags: null` is a repository whose tags are all deleted."""
    tags = body.get("tags") if isinstance(body, dict) else ()
    if tags is None:
        return []
    if not isinstance(tags, list):
        raise InvalidAnswer(f"{title} answered with something that is no list of tags")
    return [tag for tag in tags if isinstance(tag, str)]


def _next(answer: Answer) -> str | None:
    named = next_link(answer.headers("Link"))
    try:
        return str(urljoin(answer.url, named)) if named is not None else None
    except ValueError:
        return None


def next_link(headers: Iterable[str]) -> str | None:
    """What `Link` headers name as the next page, as they write it (RFC 8288)."""
    return next((found[1] for header in headers if (found := _NEXT.search(header))), None)
