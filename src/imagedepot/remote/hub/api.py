"""Requests to the Hub API: within a fixed time, and without a login unless one is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from imagedepot.cancellation import Cancellation
from imagedepot.errors import (
    AddressNotAllowed,
    ConnectionBroken,
    InvalidAnswer,
    InvalidSetting,
    RateLimited,
    TimedOut,
    UpstreamDenied,
    UpstreamNotFound,
)
from imagedepot.model.access.login import Logins
from imagedepot.model.names.reference import DOCKER_HUB
from imagedepot.remote.http.address import Address
from imagedepot.remote.http.answers.answer import Answer
from imagedepot.remote.http.backoff import PAUSES, backing_off
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.hub.account import HubAccount
from imagedepot.remote.oci.endpoint import HUB_TITLE, Endpoint
from imagedepot.remote.oci.refusal import Wanted, refusal

_API = "https://hub.docker.com"
_INDEX = "https://index.docker.io"
_SECONDS = 10.0
_LARGEST = 16 << 20
_HEADERS = {"Accept": "application/json"}


class HubApi:
    """The Hub API at `base` and the legacy index at `index`, both without a slash at the end; safe for many threads.

    `url` is `IMAGEDEPOT_HUB_URL`, "" for Docker Hub's own. At another URL the legacy index is there too, and the login
    is the one for its host. `seconds` is the longest that one request may take. Raises `InvalidSetting`.
    """

    def __init__(
        self,
        transport: Transport,
        logins: Logins,
        url: str = "",
        seconds: float = _SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self.base, self.index, login_host = _places(url)
        self._transport = transport
        self._account = HubAccount(transport, self.base, login_host, logins)
        self._endpoint = Endpoint(DOCKER_HUB, self.base, HUB_TITLE, login_host)
        self.seconds = seconds
        self._pauses = pauses
        self._now = now

    def get(
        self, url: str, what: str, cancellation: Cancellation | None = None, *, hidden: bool = False
    ) -> dict[str, Any]:
        """Get the JSON object at `url`, which is below `base` or `index`; `what` names it in sentences.

        The first request is sent without a login: that works for everything public, and an expired login would fail
        it. A login is used when Docker Hub refuses or rate-limits that request, and, if `hidden`, after a 404, since
        private repositories look like missing ones.
        Raises `UpstreamNotFound`, `RateLimited`, `Unavailable`, `TimedOut`, `UpstreamError`.
        """
        try:
            with (cancellation or Cancellation()).within(self.seconds) as flag:
                return backing_off(lambda: self._get(url, what, hidden, flag), flag, self._pauses)
        except TimedOut as error:
            raise TimedOut(f"{HUB_TITLE} did not answer {what} within {self.seconds:g} seconds") from error

    def _get(self, url: str, what: str, hidden: bool, cancellation: Cancellation) -> dict[str, Any]:
        try:
            return self._ask(url, what, _HEADERS, cancellation)
        except (UpstreamDenied, RateLimited) as error:
            refused: UpstreamDenied | RateLimited | UpstreamNotFound = error
        except UpstreamNotFound as error:
            if not hidden:
                raise
            refused = error
        known = self._logged_in(url, what, cancellation)
        if known is None:
            raise refused
        return known

    def _logged_in(self, url: str, what: str, cancellation: Cancellation) -> dict[str, Any] | None:
        """The answer to a request with a login; None when that does not help either."""
        token = self._account.session(cancellation) if url.startswith(self.base + "/") else None
        if token is None:
            return None
        try:
            return self._ask(url, what, {**_HEADERS, "Authorization": f"Bearer {token}"}, cancellation)
        except UpstreamDenied:
            self._account.forget()
            return None
        except (RateLimited, UpstreamNotFound):
            return None

    def _ask(self, url: str, what: str, headers: Mapping[str, str], cancellation: Cancellation) -> dict[str, Any]:
        """Send a request, once more after a broken connection."""
        try:
            return self._ask_once(url, what, headers, cancellation)
        except ConnectionBroken:
            return self._ask_once(url, what, headers, cancellation)

    def _ask_once(self, url: str, what: str, headers: Mapping[str, str], cancellation: Cancellation) -> dict[str, Any]:
        answer = self._transport.request("GET", url, headers, cancellation=cancellation)
        with answer:
            return self._read(answer, what)

    def _read(self, answer: Answer, what: str) -> dict[str, Any]:
        """The body of an answer, checked before it is parsed: a web page is not data, whatever its status."""
        if answer.status == 401:
            raise UpstreamDenied(f"{HUB_TITLE} wants a login for {what}")
        if answer.status == 403 and answer.is_html:
            raise UpstreamDenied(f"{HUB_TITLE} answered with a web page (a browser check) instead of {what}")
        if answer.status != 200:
            raise refusal(answer, Wanted(what, self._endpoint), self._now())
        if answer.is_html:
            raise InvalidAnswer(f"{HUB_TITLE} answered with a web page instead of {what}")
        if answer.body.length == 0:
            raise InvalidAnswer(f"{HUB_TITLE} answered with nothing instead of {what}")
        body = answer.json(_LARGEST)
        if not isinstance(body, dict):
            raise InvalidAnswer(f"{HUB_TITLE} answered with something else than {what}")
        return body


def _places(url: str) -> tuple[str, str, str]:
    """The base URL of the API, that of the index, and the host whose login is for them."""
    base = url.strip().rstrip("/").removesuffix("/v2")
    if not base or base.lower() == _API:
        return _API, _INDEX, DOCKER_HUB
    try:
        return base, base, str(Address.of(base))
    except AddressNotAllowed as error:
        raise InvalidSetting("IMAGEDEPOT_HUB_URL", str(error)) from error
