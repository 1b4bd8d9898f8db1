"""The HTTP client with an observer: who was asked, how that went, and how many bytes came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, DepotError
from imagedepot.remote.http.address import Address, AddressSource
from imagedepot.remote.http.answers.answer import Answer
from imagedepot.remote.http.transport import Transport


class TrafficWatch(Protocol):
    """`host` is the `host[:port]` that was asked at first, also where it redirected to another one."""

    def answered(self, host: str, status: int) -> None: ...

    def failed(self, host: str, error: DepotError) -> None: ...

    def received(self, host: str, count: int) -> None:
        """Called in the thread that reads, after each piece of a body."""


class WatchedTransport(Transport):
    """A `Transport` that tells `watch`; the other options are those of `Transport`."""

    def __init__(self, watch: TrafficWatch, **options: Any) -> None:
        super().__init__(**options)
        self._watch = watch

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        *,
        given_by: AddressSource | None = None,
        elsewhere: Callable[[str], str] = lambda _: "",
        cancellation: Cancellation | None = None,
    ) -> Answer:
        host = str(Address.of(url))
        try:
            answer = super().request(
                method, url, headers, body, given_by=given_by, elsewhere=elsewhere, cancellation=cancellation
            )
        except Cancelled:
            raise
        except DepotError as error:
            self._watch.failed(host, error)
            raise
        self._watch.answered(host, answer.status)
        answer.body.on_read = partial(self._watch.received, host)
        return answer
