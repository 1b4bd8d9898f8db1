"""One call of the REST API over the control socket."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from email.message import Message
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

from imagedepot.errors import ConnectionBroken, DepotError, InvalidAnswer, Unavailable, from_code
from imagedepot.files.locks import CONTROL_SOCKET, short_path
from imagedepot.remote.http.abortable import UnixConnection

Json = dict[str, Any]

BASE = "/api/v1"
_CHUNK = 1 << 20

_WARNING = re.compile(r'(\d{3}) \S+ "([^"]*)"')


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

        Raises the `DepotError` that the service reported, with its sentence; `Unavailable` when it ended meanwhile;
        `InvalidAnswer`.
        """
        return self._ask(method, path, body, query)[0]

    def create(self, path: str, body: object) -> str:
        """POST, and the id at the end of the answer's `Location`. Raises what `call` raises."""
        location = self._ask("POST", path, body)[1].get("Location", "")
        if not location:
            raise InvalidAnswer("The service does not say where to find what it was asked for")
        return unquote(location.rpartition("/")[2])

    @contextmanager
    def stream(self, path: str, query: Sequence[tuple[str, str]]) -> Iterator[tuple[int | None, Iterator[bytes]]]:
        """The bytes of a GET whose answer is a file, and how many they are where that is known. Raises as `call`, also
        in the middle."""
        with self._line() as line:
            with self._failures():
                line.request("GET", f"{BASE}{path}?{urlencode(query)}")
                response = line.getresponse()
                if response.status >= 400:
                    self._read(response)
            yield response.length, self._chunks(response)

    def _chunks(self, response: HTTPResponse) -> Iterator[bytes]:
        with self._failures():
            chunk = response.read(_CHUNK)
        while chunk:
            yield chunk
            with self._failures():
                chunk = response.read(_CHUNK)
        if response.length:  # http.client takes an early end for the end
            raise ConnectionBroken("The service broke off in the middle of the archive: its log tells why")

    def upload(self, path: str, query: Mapping[str, str], content: Iterable[bytes]) -> Any:
        """The JSON answer to a POST of a file. Raises as `call`, and what `content` raises."""
        target = f"{BASE}{path}?{urlencode(query)}"
        headers = {"Content-Type": "application/x-tar", "Transfer-Encoding": "chunked"}
        with self._line() as line, self._failures():
            # It has read enough; its answer says why. A write that waits for room ends in a reset.
            with suppress(BrokenPipeError, ConnectionResetError):
                line.request("POST", target, content, headers, encode_chunked=True)
            return self._read(line.getresponse())

    def _ask(
        self, method: str, path: str, body: object = None, query: Mapping[str, str] | None = None
    ) -> tuple[Any, Message]:
        target = BASE + path + (f"?{urlencode(query)}" if query else "")
        content = None if body is None else json.dumps(body).encode()
        headers = {} if content is None else {"Content-Type": "application/json"}
        with self._line() as line, self._failures():
            line.request(method, target, content, headers)
            response = line.getresponse()
            answer = self._read(response)
        for code, text in _WARNING.findall(response.headers.get("Warning", "")):
            self._warned(code, text)
        return answer, response.headers

    @contextmanager
    def _line(self) -> Iterator[UnixConnection]:
        with ExitStack() as stack:
            with self._failures():
                path = stack.enter_context(short_path(self._folder, CONTROL_SOCKET))
            yield stack.enter_context(closing(UnixConnection(str(path), None)))

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn failures of the connection into a `DepotError`."""
        try:
            yield
        except (OSError, HTTPException) as error:
            raise self._gone() from error

    def _read(self, response: HTTPResponse) -> Any:
        """The JSON of an answer. Raises the `DepotError` that it reports, and as `call`."""
        answer = _answer(response)
        if answer is None:  # what a service says to requests that it cuts off at its end
            raise self._gone()
        if response.status >= 400:
            raise _error(response.status, answer)
        return answer

    def _gone(self) -> Unavailable:
        return Unavailable(f"The service of {self._folder} does not answer any more")


def _answer(response: HTTPResponse) -> Any:
    """The JSON of an answer; None for a failure that is not from our service, whose failures are all JSON."""
    content = response.read()
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        if response.status >= 500:
            return None
        raise InvalidAnswer(f"The service answered {response.status} with something that is not JSON") from error


def _error(status: int, answer: Any) -> DepotError:
    facts = answer.get("error") if isinstance(answer, dict) else None
    facts = facts if isinstance(facts, dict) else {}
    message = str(facts.get("message") or f"The service answered {status}")
    return from_code(str(facts.get("reason")), message) or DepotError(message)
