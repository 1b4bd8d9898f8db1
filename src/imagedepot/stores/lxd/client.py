"""The LXD and Incus API as we use it, over their Unix socket (documentation.ubuntu.com/lxd: rest-api).

Every failure leaves here as one of ours, with the daemon's reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, unix_connect

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Conflict, ImageNotFound, NotFound, StoreUnavailable, UpstreamError
from imagedepot.model.text.json_text import parse_json
from imagedepot.model.text.texts import words
from imagedepot.remote.http.abortable import UnixConnection

_ANSWER_SECONDS = 30
_UPLOAD_SECONDS = 600
_WAIT_SECONDS = 60
_CHUNK = 1 << 20
_LARGEST_ANSWER = 64 << 20
_LONGEST_REASON = 500
_BOUNDARY = "imagedepot-upload-7d3f0c5e"


@dataclass(frozen=True, slots=True)
class Upload:
    """The files of an upload: one unified file, or metadata and rootfs in this order."""

    files: Sequence[Path]
    filename: str
    fingerprint: str

    @property
    def is_split(self) -> bool:
        return len(self.files) == 2

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={_BOUNDARY}" if self.is_split else "application/octet-stream"

    def _frames(self) -> list[bytes]:
        if not self.is_split:
            return [b""]
        names = ("metadata", "rootfs")
        return [
            f"{'' if at == 0 else chr(13) + chr(10)}--{_BOUNDARY}\r\nContent-Disposition: form-data; "
            f'name="{name}"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'.encode()
            for at, name in enumerate(names)
        ]

    @property
    def _end(self) -> bytes:
        return f"\r\n--{_BOUNDARY}--\r\n".encode() if self.is_split else b""

    @property
    def length(self) -> int:
        framing = sum(len(frame) for frame in self._frames()) + len(self._end)
        return framing + sum(file.stat().st_size for file in self.files)

    def body(self, progress: Callable[[int, int], None]) -> Iterator[bytes]:
        """`progress(sent, total)` in bytes of the files."""
        total = sum(file.stat().st_size for file in self.files)
        sent = 0
        for frame, path in zip(self._frames(), self.files, strict=True):
            if frame:
                yield frame
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
                    sent += len(chunk)
                    progress(sent, total)
        if self._end:
            yield self._end


class LxdClient:
    """One daemon at `address` (`unix:///var/lib/lxd/unix.socket`)."""

    def __init__(self, address: str, seconds: float = _ANSWER_SECONDS) -> None:
        self.address = address
        self._seconds = seconds
        self.path = address.removeprefix("unix://")
        self._events: ClientConnection | None = None

    def about(self) -> tuple[str, str]:
        """(`lxd` or `incus`, version)."""
        environment = self._call("GET", "/1.0").get("environment") or {}
        kind = "incus" if "incus" in str(environment.get("server", "")).lower() else "lxd"
        return kind, str(environment.get("server_version", ""))

    def images(self) -> list[dict[str, Any]]:
        return list(self._call("GET", "/1.0/images?recursion=1"))

    def image(self, fingerprint: str) -> dict[str, Any]:
        """Raises `ImageNotFound`."""
        try:
            return dict(self._call("GET", f"/1.0/images/{fingerprint}"))
        except NotFound as error:
            raise ImageNotFound(fingerprint) from error

    def upload(self, upload: Upload, progress: Callable[[int, int], None], cancellation: Cancellation) -> str:
        """Add an image and wait until it is there; answers its fingerprint.

        Raises `Cancelled`, also while the daemon does not go on.
        """
        said = {"filename": upload.filename, "fingerprint": upload.fingerprint, "public": "0"}
        headers = {
            "Content-Type": upload.content_type,
            "Content-Length": str(upload.length),
            **{f"X-{daemon}-{key}": value for daemon in ("LXD", "Incus") for key, value in said.items()},
        }
        body = upload.body(progress)
        operation = self._call("POST", "/1.0/images", body, headers, _UPLOAD_SECONDS, cancellation)
        return str((self._finished(operation, cancellation).get("metadata") or {}).get("fingerprint") or "")

    def describe(self, fingerprint: str, properties: Mapping[str, str]) -> None:
        """Replace all properties of the image."""
        self._call("PATCH", f"/1.0/images/{fingerprint}", json.dumps({"properties": properties}).encode())

    def alias(self, name: str, fingerprint: str) -> None:
        """Point the alias `name` to this image."""
        body = json.dumps({"name": name, "target": fingerprint, "description": ""}).encode()
        try:
            self._call("POST", "/1.0/images/aliases", body)
        except Conflict:
            moved = json.dumps({"target": fingerprint, "description": ""}).encode()
            self._call("PUT", f"/1.0/images/aliases/{quote(name, safe='')}", moved)

    def unalias(self, name: str) -> None:
        """Raises `ImageNotFound`."""
        try:
            self._call("DELETE", f"/1.0/images/aliases/{quote(name, safe='')}")
        except NotFound as error:
            raise ImageNotFound(name) from error

    def remove(self, fingerprint: str) -> None:
        """Remove an image with its aliases. Raises `ImageNotFound`."""
        try:
            self._finished(self._call("DELETE", f"/1.0/images/{fingerprint}"))
        except NotFound as error:
            raise ImageNotFound(fingerprint) from error

    def image_events(self) -> Generator[None, None, None]:
        """One item when connected, then one for each change of an image, for as long as the daemon lives."""
        query = urlencode({"type": "lifecycle"})
        try:
            with unix_connect(self.path, f"ws://localhost/1.0/events?{query}", max_size=1 << 20) as stream:
                self._events = stream
                yield
                for message in stream:
                    if b"image-" in (message if isinstance(message, bytes) else message.encode()):
                        yield
        except (WebSocketException, OSError, TimeoutError) as error:
            raise self._away() from error

    def close(self) -> None:
        """End a stream of events that another thread reads."""
        if self._events is not None:
            self._events.close()

    def _finished(self, operation: Mapping[str, Any], cancellation: Cancellation | None = None) -> Mapping[str, Any]:
        """Wait for a background operation: a failed one answers 200 too, so its status is what counts."""
        name = quote(str(operation.get("id", "")), safe="")
        wait = f"/1.0/operations/{name}/wait?timeout={_WAIT_SECONDS}"
        while True:
            state = self._call("GET", wait, seconds=2 * _WAIT_SECONDS, cancellation=cancellation)
            code = int(state.get("status_code") or 0)
            if code == 200:
                return dict(state)
            if code >= 400:
                raise self._failure(code, str(state.get("err") or state.get("status") or "it failed"))

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> Any:
        """One request; answers the envelope's `metadata`."""
        cancellation = cancellation or Cancellation()
        connection = UnixConnection(self.path, seconds or self._seconds)
        try:
            with closing(connection), cancellation.on_cancel(connection.shut):
                with suppress(BrokenPipeError):  # the daemon stopped reading; its answer has the reason
                    connection.request(method, path, body, dict(headers or {}))
                response = connection.getresponse()
                answer = parse_json(response.read(_LARGEST_ANSWER))
        except (OSError, HTTPException) as error:
            cancellation.check()
            raise self._away() from error
        except (ValueError, RecursionError) as error:
            raise UpstreamError(f"The daemon at {self.address} answered something that is not JSON") from error
        if not isinstance(answer, dict):
            raise UpstreamError(f"The daemon at {self.address} answered JSON that is not an object")
        if response.status >= 400 or answer.get("type") == "error":
            raise self._failure(response.status, str(answer.get("error") or "no reason given"))
        return answer.get("metadata")

    def _failure(self, code: int, reason: str) -> Exception:
        line = words(reason, _LONGEST_REASON)
        if code == 404:
            return NotFound(line)
        return Conflict(line) if code == 409 else UpstreamError(f"The daemon at {self.address} refused: {line}")

    def _away(self) -> StoreUnavailable:
        return StoreUnavailable(f"The daemon at {self.address} does not answer")
