"""Sessions of the Hub API (docs.docker.com/reference/api/hub): they last ten minutes, and are not registry tokens.

A login that is refused, expired or of no use here never fails a request that works without one.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, DepotError
from imagedepot.model.access.login import Login, Logins
from imagedepot.remote.http.transport import Transport

_log = logging.getLogger(__name__)

_SESSION_SECONDS = 540.0
_REST_SECONDS = 300.0
_LARGEST = 1 << 16
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}
_UNKNOWN = (404, 405, 410)


class HubAccount:
    """The session of the login for `login_host`. `base`: the Hub API's URL without a slash at its end."""

    def __init__(
        self,
        transport: Transport,
        base: str,
        login_host: str,
        logins: Logins,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._base = base
        self._login_host = login_host
        self._logins = logins
        self._clock = clock
        self._lock = threading.Lock()
        self._session: tuple[Login, str, float] | None = None
        self._refused: tuple[Login, float] | None = None

    def session(self, cancellation: Cancellation) -> str | None:
        """The session's token.

        None without a login, for an identity token (the API takes passwords), and after a refusal.

        Raises `Cancelled`.
        """
        with cancellation.acquired(self._lock):
            login = self._logins.find(self._login_host, "")
            if login is None or not login.username or not login.password:
                return None
            now = self._clock()
            if self._session is not None and self._session[0] == login and now < self._session[2]:
                return self._session[1]
            if self._refused is not None and self._refused[0] == login and now < self._refused[1]:
                return None
            token = self._log_in(login, cancellation)
            if token is None:
                self._refused = (login, now + _REST_SECONDS)
            else:
                self._session = (login, token, now + _SESSION_SECONDS)
            return token

    def forget(self) -> None:
        """Drop a session that was refused; the next request logs in again."""
        with self._lock:
            self._session = None

    def _log_in(self, login: Login, cancellation: Cancellation) -> str | None:
        asked = [
            ("/v2/auth/token", {"identifier": login.username, "secret": login.password}, "access_token"),
            ("/v2/users/login", {"username": login.username, "password": login.password}, "token"),
        ]
        for path, form, key in asked:
            try:
                status, body = self._post(path, form, cancellation)
            except Cancelled:
                raise
            except DepotError as error:
                _log.info("no session at Docker Hub for %s: %s", login.username, error)
                return None
            token = body.get(key)
            if status == 200 and isinstance(token, str) and _TOKEN.fullmatch(token):
                return token
            if status not in _UNKNOWN:
                _log.info("no session at Docker Hub for %s: it answered %d", login.username, status)
                return None
        return None

    def _post(self, path: str, form: Mapping[str, str], cancellation: Cancellation) -> tuple[int, Mapping[str, object]]:
        sent = json.dumps(form).encode()
        answer = self._transport.request("POST", self._base + path, _JSON, sent, cancellation=cancellation)
        with answer:
            if answer.status != 200:
                return answer.status, {}
            body = answer.json(_LARGEST)
            return 200, body if isinstance(body, dict) else {}
