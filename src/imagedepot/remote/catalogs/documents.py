"""Fetches a catalog: one document, or an image server's index and product files.

Each is requested with the validators of the copy that is here, so that an unchanged one is not sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from imagedepot.cancellation import Cancellation
from imagedepot.errors import DepotError, InvalidAnswer, Unavailable, UpstreamDenied, UpstreamError, UpstreamNotFound
from imagedepot.remote.catalogs import streams
from imagedepot.remote.catalogs.entry import Parsed
from imagedepot.remote.catalogs.recognise import loads, parse_catalog
from imagedepot.remote.http.address import OWNER, AddressSource
from imagedepot.remote.http.answers.answer import Answer
from imagedepot.remote.http.backoff import PAUSES, backing_off
from imagedepot.remote.http.retry_after import rate_limited, retry_after
from imagedepot.remote.http.transport import Transport

_LARGEST_LIST = 16 << 20
_LARGEST_PRODUCTS = 64 << 20
_MOST_PRODUCT_FILES = 8


@dataclass(frozen=True, slots=True)
class Document:
    """One body, and the validators to request it again with."""

    url: str
    body: bytes
    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A fetched catalog. `given_by`: the peer that sent it, and so the source of the addresses in it."""

    documents: tuple[Document, ...]
    given_by: AddressSource

    def parse(self) -> Parsed:
        """Parse the documents. Raises `InvalidAnswer`."""
        if len(self.documents) == 1:
            return parse_catalog(self.documents[0].body)
        first, *rest = self.documents
        products = [loads(document.body) for document in rest]
        good = [each for each in products if isinstance(each, dict) and streams.is_products(each)]
        if not good:
            raise InvalidAnswer("An image server without a list of images")
        return streams.parse_products(good, server_of(first.url))


def server_of(index: str) -> str:
    return index.removesuffix(streams.INDEX).rstrip("/")


def fetch(
    transport: Transport,
    address: str,
    before: Fetched | None,
    cancellation: Cancellation,
    pauses: Sequence[float] = PAUSES,
) -> Fetched:
    """Fetch the catalog at `address`, which an administrator wrote; `before` is the copy that is here.

    `pauses`: as for `backing_off`. Raises `InvalidAnswer` when it is not a catalog, or the upstream's error.
    """
    asking = _Asking(transport, before, cancellation, pauses)
    if (before is not None and len(before.documents) > 1) or address.endswith(f"/{streams.INDEX}"):
        return asking.server(f"{server_of(address)}/{streams.INDEX}")
    try:
        fetched = asking.one(address)
        fetched.parse()
    except (InvalidAnswer, UpstreamNotFound, UpstreamDenied) as error:
        if urlsplit(address).path.lower().endswith((".json", ".xml")):
            raise
        try:
            return asking.server(f"{address.rstrip('/')}/{streams.INDEX}")
        except (InvalidAnswer, UpstreamNotFound, UpstreamDenied):
            raise error from None
    return fetched


class _Asking:
    def __init__(
        self, transport: Transport, before: Fetched | None, cancellation: Cancellation, pauses: Sequence[float]
    ) -> None:
        self._transport = transport
        self._pauses = pauses
        self._here = {document.url: document for document in before.documents} if before else {}
        self._cancellation = cancellation

    def one(self, url: str) -> Fetched:
        document, given_by = self._get(url, _LARGEST_LIST)
        return Fetched((document,), given_by)

    def server(self, index_url: str) -> Fetched:
        index, given_by = self._get(index_url, _LARGEST_LIST)
        document = loads(index.body)
        if not isinstance(document, dict) or not streams.is_index(document):
            raise InvalidAnswer("Not the index of an image server")
        paths = streams.product_paths(document)[:_MOST_PRODUCT_FILES]
        if not paths:
            raise InvalidAnswer("An image server without images")
        products: list[Document] = []
        room = _LARGEST_PRODUCTS  # for all of them together: they are in memory at the same time
        for path in paths:
            products.append(self._get(f"{server_of(index_url)}/{path}", room)[0])
            room -= len(products[-1].body)
        return Fetched((index, *products), given_by)

    def _get(self, url: str, limit: int) -> tuple[Document, AddressSource]:
        return backing_off(lambda: self._get_once(url, limit), self._cancellation, self._pauses)

    def _get_once(self, url: str, limit: int) -> tuple[Document, AddressSource]:
        here = self._here.get(url)
        asked = {"If-None-Match": here.etag, "If-Modified-Since": here.modified} if here else {}
        headers = {name: value for name, value in asked.items() if value}
        answer = self._transport.request("GET", url, headers, given_by=OWNER, cancellation=self._cancellation)
        with answer:
            if answer.status == 304 and here is not None:
                return here, answer.given_by
            if answer.status != 200:
                raise _refusal(answer)
            body = answer.read(limit)
        return Document(
            url, body, answer.header("ETag").strip(), answer.header("Last-Modified").strip()
        ), answer.given_by


def _refusal(answer: Answer) -> DepotError:
    status, where = answer.status, answer.where
    if status in (404, 410):
        return UpstreamNotFound(f"There is no catalog at that address on {where}")
    if status in (401, 403):
        return UpstreamDenied(f"{where} does not let us read the catalog")
    if status == 429:
        now = datetime.now(UTC)
        return rate_limited("", where, retry_after(answer, "", now), now)
    if status >= 500:
        return Unavailable(f"{where} answered {status}")
    return UpstreamError(f"{where} answered {status} instead of a catalog")
