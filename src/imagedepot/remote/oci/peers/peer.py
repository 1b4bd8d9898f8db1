"""One other Image Depot: how it is asked for a digest, and when it is left alone."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from threading import Lock
from urllib.parse import quote

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, DepotError, Unavailable
from imagedepot.files.limited_log import LimitedLog
from imagedepot.model.access.login import Logins
from imagedepot.model.digest import Digest
from imagedepot.model.names.reference import Reference
from imagedepot.remote.http.address import Address
from imagedepot.remote.http.answers.answer import Answer
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.oci.peers.patience import Patience, in_time

ONLY_HERE = {"Cache-Control": "only-if-cached"}
"""RFC 9111, 5.2.1.7: the peer asks neither peers of its own nor a registry, so that no question goes in circles."""
_NOT_HERE = frozenset({401, 403, 404, 416, 504})
_LOGIN_SECONDS = 30.0
_log = LimitedLog(logging.getLogger(__name__))


class Peer:
    """`base` is its address as the setting has it; the login for its host goes with each question."""

    def __init__(
        self,
        base: str,
        transport: Transport,
        logins: Logins,
        patience: Patience,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base = base
        self.host = str(Address.of(base))
        self.patience = patience
        self._clock = clock
        self._transport = transport
        self._logins = logins
        self._lock = Lock()
        self._next_rest = patience.rest
        self._rests_until = 0.0
        self._login: tuple[float, str] | None = None

    @property
    def is_resting(self) -> bool:
        return self._clock() < self._rests_until

    def ask(
        self,
        kind: str,
        reference: Reference,
        digest: Digest,
        headers: Mapping[str, str],
        cancellation: Cancellation | None,
    ) -> Answer | None:
        """Its answer for one of the repository's `manifests` or `blobs`, with the status 200 or 206; None where it has
        nothing for us. Raises `Cancelled`."""
        registry = quote(reference.registry, safe="")
        url = f"{self.base}/v2/{reference.repository}/{kind}/{digest}?ns={registry}"
        patience = self.patience
        part = Cancellation(patience.body, time.monotonic() + patience.head)
        cancellation = cancellation or Cancellation()

        def request() -> Answer:
            sent = {**headers, **ONLY_HERE}
            if authorization := self._authorization():
                sent["Authorization"] = authorization
            return self._transport.request("GET", url, sent, cancellation=part)

        try:
            with cancellation.on_cancel(part.cancel):
                answer = in_time(request, patience.head, self.host)
        except Cancelled:
            cancellation.check()
            return None
        except DepotError as error:
            cancellation.check()
            self.failed(error)
            return None
        if answer.status in (200, 206) and not answer.is_html and not answer.encoding:
            return answer
        answer.discard()
        if answer.status in (401, 403):
            _log.warning(f"refused {self.host}", f"the peer {self.host} refuses us: is there a login for it here?")
        elif answer.status not in _NOT_HERE:
            self.failed(Unavailable(f"{self.host} answered {answer.status}"))
        return None

    def failed(self, error: DepotError) -> None:
        """Note a failure: the peer is left alone for a while."""
        with self._lock:
            if self.is_resting:
                return
            seconds, self._next_rest = self._next_rest, min(2 * self._next_rest, self.patience.longest_rest)
            self._rests_until = self._clock() + seconds
        _log.warning(f"failed {self.host}", f"the peer {self.host} is left alone for {seconds:.0f} s: {error}")

    def lied(self, what: str) -> None:
        """Note that the peer sent bytes that do not match their digest."""
        with self._lock:
            self._rests_until = self._clock() + self.patience.longest_rest
        _log.warning(f"lied {self.host}", f"the peer {self.host} sent wrong bytes for {what}; it is left alone")

    def succeeded(self) -> None:
        with self._lock:
            self._next_rest = self.patience.rest

    def _authorization(self) -> str:
        """The login for the peer's host, looked up now and then: a helper is a process of its own."""
        now = self._clock()
        if self._login is None or now - self._login[0] > _LOGIN_SECONDS:
            login = self._logins.find(self.host, "")
            self._login = now, login.basic if login is not None else ""
        return self._login[1]
