"""Files at plain addresses: the images of LXC catalogs and image servers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from imagedepot.cancellation import Cancellation
from imagedepot.errors import (
    AddressNotAllowed,
    DepotError,
    InvalidAnswer,
    Unavailable,
    UpstreamDenied,
    UpstreamNotFound,
)
from imagedepot.model.image import RemoteFile
from imagedepot.protocols import ByteStream
from imagedepot.remote.http.address import Address, AddressSource, redacted
from imagedepot.remote.http.answers.answer import Answer
from imagedepot.remote.http.answers.decoding import DecodedStream
from imagedepot.remote.http.answers.ranges import EXPECTED_STATUSES, open_stream
from imagedepot.remote.http.retry_after import TRY_AGAIN, rate_limited, retry_after
from imagedepot.remote.http.transport import Transport

_GZIP = (".gz", ".tgz")


class FileFetcher:
    """`protocols.Fetcher` for files whose addresses `given_by` gave us."""

    def __init__(self, transport: Transport, given_by: AddressSource) -> None:
        self._transport = transport
        self._given_by = given_by
        self._packed: set[str] = set()  # addresses of files that arrive compressed and so cannot be resumed

    def open(
        self,
        content: RemoteFile,
        offset: int,
        validator: str | None = None,
        cancellation: Cancellation | None = None,
    ) -> ByteStream:
        """Open the file at `offset`, or at its beginning when it has changed since `validator` was given."""
        url = allowed(content.url, self._transport, self._given_by)

        def ask(part: Mapping[str, str]) -> Answer:
            answer = self._transport.request("GET", url, part, given_by=self._given_by, cancellation=cancellation)
            if answer.status not in EXPECTED_STATUSES:
                with answer:
                    raise _refusal(answer, url)
            if answer.is_html:
                answer.close()
                raise InvalidAnswer(f"{answer.where} sent a web page instead of the file")
            return answer

        is_gzip = urlsplit(url).path.lower().endswith(_GZIP)
        begin = 0 if url in self._packed else offset
        stream = open_stream(ask, begin, validator, size=content.size, is_gzip=is_gzip)
        if isinstance(stream, DecodedStream):
            self._packed.add(url)
        return stream


def allowed(url: str, transport: Transport, given_by: AddressSource) -> str:
    """The URL to request: https in place of http where plain http is not allowed, since old catalogs write http://."""
    try:
        transport.rules.reach(Address.of(url), given_by)
    except AddressNotAllowed:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.port is not None:
            raise
        return f"https{url[len(parts.scheme) :]}"
    return url


def _refusal(answer: Answer, url: str) -> DepotError:
    status, where, file = answer.status, answer.where, redacted(url)
    if status in (404, 410):
        return UpstreamNotFound(f"{file} is not there any more")
    if status in (401, 403):
        return UpstreamDenied(f"{where} does not let us have {file}")
    now = datetime.now(UTC)
    if status == 429:
        return rate_limited("", where, retry_after(answer, "", now), now)
    if status >= 500 or status in TRY_AGAIN:
        return Unavailable(f"{where} answered {status}", retry_after(answer, "", now))
    return InvalidAnswer(f"{where} answered {status} for {file}")
