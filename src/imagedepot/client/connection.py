"""One call of the REST API over the control socket."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Mapping
from contextlib import closing
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from imagedepot.errors import (
    Conflict,
    DepotError,
    Forbidden,
    InvalidAnswer,
    InvalidInput,
    NotFound,
    StorageFailure,
    TimedOut,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsuitable,
    UpstreamError,
)
from imagedepot.files.locks import CONTROL_SOCKET, short_path
from imagedepot.remote.http.unix_socket import UnixConnection

Json = dict[str, Any]

BASE = "/api/v1"

_WARNING = re.compile(r'(\d{3}) \S+ "([^"]*)"')

# The way back from the API's status to our own errors (`imagedepot.api.http.errors`).
_ERRORS: Mapping[int, type[DepotError]] = {
    400: InvalidInput,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: Unsuitable,
    502: UpstreamError,
    503: Unavailable,
    504: TimedOut,
    507: StorageFailure,
}


class Connection:
    """Calls to the service that holds `data_dir`; safe for one thread."""

    def __init__(self, data_dir: Path, warned: Callable[[str, str], None] = lambda *_: None) -> None:
        self._folder = data_dir
        self._warned = warned

    def is_answered(self) -> bool:
        """Whether a service listens: a socket that a killed service left behind does not count."""
        try:
            with (
                short_path(self._folder, CONTROL_SOCKET) as path,
                socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe,
            ):
                probe.connect(str(path))
        except OSError:
            return False
        return True

    def call(self, method: str, path: str, body: object = None, query: Mapping[str, str] | None = None) -> Any:
        """The JSON answer of one call below `/api/v1`. No time limit: a verification may take long.

        Raises the `DepotError` whose status the service answered, with the service's sentence; `Unavailable` when it
        ended meanwhile; `InvalidAnswer`.
        """
        target = BASE + path + (f"?{urlencode(query)}" if query else "")
        content = None if body is None else json.dumps(body).encode()
        headers = {} if content is None else {"Content-Type": "application/json"}
        try:
            with (
                short_path(self._folder, CONTROL_SOCKET) as path_of_socket,
                closing(UnixConnection(str(path_of_socket), None)) as connection,
            ):
                connection.request(method, target, content, headers)
                response = connection.getresponse()
                answer = _answer(response)
        except (OSError, HTTPException) as error:
            raise self._gone() from error
        if answer is None:  # what a service says to requests that it cuts off at its end
            raise self._gone()
        if response.status >= 400:
            raise _error(response.status, answer)
        for code, text in _WARNING.findall(response.headers.get("Warning", "")):
            self._warned(code, text)
        return answer

    def _gone(self) -> Unavailable:
        return Unavailable(f"The service of {self._folder} does not answer any more")


def _answer(response: HTTPResponse) -> Any:
    """None for a failure that is not ours: each of ours is JSON."""
    content = response.read()
    try:
        return json.loads(content)
    except ValueError as error:
        if response.status >= 500:
            return None
        raise InvalidAnswer(f"The service answered {response.status} with something that is not JSON") from error


def _error(status: int, answer: Any) -> DepotError:
    told = answer.get("error") if isinstance(answer, dict) else None
    message = told.get("message") if isinstance(told, dict) else None
    return _ERRORS.get(status, DepotError)(str(message or f"The service answered {status}"))
