"""All tags of a repository, page by page (OCI distribution specification: listing tags)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from urllib.parse import urlsplit

from imagedepot.cancellation import Cancellation
from imagedepot.errors import AddressNotAllowed, InvalidAnswer
from imagedepot.model.names.reference import Reference, TagList, is_tag
from imagedepot.remote.http.answers.answer import Answer
from imagedepot.remote.http.backoff import PAUSES, backing_off
from imagedepot.remote.http.transport import joined
from imagedepot.remote.oci.endpoint import Endpoint
from imagedepot.remote.oci.refusal import Wanted
from imagedepot.remote.oci.registry import RegistryClient

_PAGE = 1000  # Amazon's registry refuses more
_MOST_PAGES = 1000
_MOST_IN_VAIN = 5  # successive pages without a new tag
_MOST_TAGS = 200_000
_LONGEST_SECONDS = 60.0  # a user waits for the list
_LARGEST = 32 << 20
# Each part ends before the next `<`, so that matching stays linear in the length of the header.
_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_RELATION = re.compile(r"(?:^|;)\s*rel\s*=\s*[\"']?([^\"';,]*)", re.IGNORECASE)
# A referrer stored as a tag: a signature, an attestation, a bill of materials, an index of them.
_REFERRER = re.compile(r"sha(?:256|512)-[0-9a-f]{64,128}(?:\..*)?")


def list_tags(
    client: RegistryClient,
    reference: Reference,
    cancellation: Cancellation | None = None,
    pauses: Sequence[float] = PAUSES,
) -> TagList:
    """Every tag that names an image, in the order of `ordered`.

    The path and query of a link to the next page are used as they are, at the host that sent it: behind a proxy some
    registries name themselves with http or by an internal name. When the pages have no proper end, the list has a gap.
    Raises `UpstreamNotFound`, `RateLimited`, `Unavailable`, `UpstreamError`.
    """
    what = reference.familiar_name
    path = f"/{reference.repository}/tags/list?n={_PAGE}"
    flag = cancellation or Cancellation()
    accepted = {"Accept": "application/json"}
    answer, wanted = _page(client, lambda: client.ask(reference, "GET", path, what, accepted, flag), flag, pauses)
    title, began = wanted.endpoint.title, time.monotonic()
    found: set[str] = set()
    seen: set[str] = set()
    page, in_vain = 1, 0
    while True:
        if answer.status != 200 and (page == 1 or answer.status == 429 or answer.status >= 500):
            raise client.refused(answer, wanted)
        if answer.status != 200:
            answer.close()
            return _with_gap(found, title, f"answered {answer.status} for page {page}")
        seen.add(answer.url)
        before = len(found)
        found.update(_tags(answer.json(_LARGEST), title))
        try:
            link = _next(answer, wanted.endpoint)
        except InvalidAnswer as error:
            return _with_gap(found, title, str(error))
        if link is None and len(found) <= _MOST_TAGS:
            return TagList(ordered(found))
        in_vain = in_vain + 1 if len(found) == before else 0
        if link is None or len(found) > _MOST_TAGS or page >= _MOST_PAGES:
            return _with_gap(found, title, f"has more than {min(len(found), _MOST_TAGS):,} tags")
        if link in seen or in_vain >= _MOST_IN_VAIN:
            return _with_gap(found, title, "names the same pages again and again")
        if time.monotonic() - began > _LONGEST_SECONDS:
            return _with_gap(found, title, f"needs more than {_LONGEST_SECONDS:g} seconds for all of them")
        page += 1
        answer, wanted = _page(client, partial(_at, client, wanted, reference, link, flag), flag, pauses)


def _page(
    client: RegistryClient,
    ask: Callable[[], tuple[Answer, Wanted]],
    cancellation: Cancellation,
    pauses: Sequence[float],
) -> tuple[Answer, Wanted]:
    """Get one page, with retries while the registry rate-limits us. Raises `RateLimited`."""

    def asked() -> tuple[Answer, Wanted]:
        answer, wanted = ask()
        if answer.status == 429:
            raise client.refused(answer, wanted)
        return answer, wanted

    return backing_off(asked, cancellation, pauses)


def _at(
    client: RegistryClient, before: Wanted, reference: Reference, link: str, cancellation: Cancellation
) -> tuple[Answer, Wanted]:
    return client.ask_at(before.endpoint, reference.repository, "GET", link, before.what, {}, cancellation)


def _with_gap(found: Iterable[str], title: str, why: str) -> TagList:
    return TagList(ordered(found), f"Some tags may be missing: {title} {why}")


def ordered(tags: Iterable[str]) -> list[str]:
    """`latest` first, then ascending as strings; without referrers and invalid tags."""
    usable = {tag for tag in tags if is_tag(tag) and not _REFERRER.fullmatch(tag)}
    return sorted(usable, key=lambda tag: (tag != "latest", tag))


def _tags(body: object, title: str) -> list[str]:
    """The tags of a page; `tags: null` is a repository without tags."""
    tags = body.get("tags") if isinstance(body, dict) else ()
    if tags is None:
        return []
    if not isinstance(tags, list):
        raise InvalidAnswer(f"{title} answered with something that is not a list of tags")
    # No more than are taken from all pages together: checking and sorting a million takes long.
    return list(islice((tag for tag in tags if isinstance(tag, str)), _MOST_TAGS + 1))


def _next(answer: Answer, endpoint: Endpoint) -> str | None:
    """The URL of the next page at `endpoint`, which gave `answer`; None for the last page.

    Raises `InvalidAnswer` for a broken link.
    """
    headers = answer.headers("Link")
    named = next_link(headers)
    if named is None:
        if any(header.strip() and not _LINK.search(header) for header in headers):
            raise InvalidAnswer("names its next page in a way that cannot be read")
        return None
    try:
        parts = urlsplit(joined(answer.url, named))
    except (AddressNotAllowed, ValueError) as error:
        raise InvalidAnswer("names a next page that has no address") from error
    base = urlsplit(endpoint.base)
    path = parts.path if parts.path.startswith(f"{base.path}/") else base.path + parts.path
    return f"{base.scheme}://{base.netloc}{path}" + (f"?{parts.query}" if parts.query else "")


def next_link(headers: Iterable[str]) -> str | None:
    """The next page that `Link` headers name (RFC 8288), as written: in brackets with `rel="next"`, but some registries
    leave out the relation or the brackets.
    """
    for header in headers:
        links = _LINK.findall(header) or [(header.partition(";")[0].strip(), header.partition(";")[2])]
        for target, parameters in links:
            relation = _RELATION.search(parameters)
            is_next = "next" in relation[1].lower().split() if relation else len(links) == 1
            if is_next and target.startswith(("/", "?", "http://", "https://")):
                return str(target)
    return None
