"""The Docker Engine API as we use it, over Docker's own SDK: Docker 20.10 and newer, and Podman's compatible socket.

Every failure leaves here as one of ours: `StoreUnavailable` when the engine is away, `Conflict` and `ImageNotFound`
with the engine's reason, `UpstreamError` for the rest (`spec/upstreams.md` 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import docker
import requests
import urllib3.exceptions
from docker.errors import APIError, DockerException
from docker.errors import NotFound as EngineNotFound
from docker.types import CancellableStream

from imagedepot.errors import Conflict, ImageNotFound, StoreUnavailable, UpstreamError

_ANSWER_SECONDS = 30
_LOAD_SECONDS = 3600
_EVENTS_SECONDS = 86_400  # a quiet day, then the stream is asked for anew


class EngineClient:
    """One engine at one address (`unix:///var/run/docker.sock`, `tcp://host:2375`)."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._api: docker.APIClient | None = None
        self._events: CancellableStream[dict[str, Any]] | None = None

    def _connected(self) -> docker.APIClient:
        """The SDK's client for short answers; made at the first call."""
        if self._api is None:
            self._api = self._connect(_ANSWER_SECONDS)
        return self._api

    def _connect(self, seconds: int) -> docker.APIClient:
        """Asks the engine which version of the API it speaks: never pin one (`spec/upstreams.md` 3)."""
        return docker.APIClient(base_url=self.address, version="auto", timeout=seconds)

    def about(self) -> tuple[str, str]:
        """(`docker` or `podman`, version)."""
        with self._answers("its version"):
            answer = self._connected().version()
        names = [str(part.get("Name", "")) for part in answer.get("Components") or []]
        kind = "podman" if any("podman" in name.lower() for name in names) else "docker"
        return kind, str(answer.get("Version", ""))

    def images(self) -> list[dict[str, Any]]:
        with self._answers("the list of images"):
            return [{**each, "Id": full_id(str(each["Id"]))} for each in self._connected().images()]

    def inspect(self, name: str) -> dict[str, Any]:
        """Raises `ImageNotFound`."""
        with self._answers(name):
            answer = dict(self._connected().inspect_image(name))
        return {**answer, "Id": full_id(str(answer["Id"]))}

    def users(self, image_id: str) -> list[str]:
        """Short ids of the containers, running or not, that were made from this image."""
        with self._answers("the list of containers"):
            containers = self._connected().containers(all=True)
        return [str(each["Id"])[:12] for each in containers if full_id(str(each.get("ImageID"))) == image_id]

    def remove(self, name: str) -> None:
        """Untag `name`, or delete an image id. Raises `ImageNotFound`, `Conflict`."""
        with self._answers(name):
            self._connected().remove_image(name)

    def load(self, archive: Iterable[bytes], what: str) -> None:
        """`docker load` of a streamed docker-archive. Raises `UpstreamError` with the engine's reason."""
        with self._answers(what):
            api = self._connect(_LOAD_SECONDS)
            try:
                for line in api.load_image(archive):
                    reason = line.get("errorDetail", {}).get("message") or line.get("error")
                    if reason:
                        raise UpstreamError(f"{what}: the engine refused it: {_one_line(reason)}")
            finally:
                api.close()

    def image_events(self) -> Iterator[None]:
        """One item for each change of an image, for as long as the engine lives; first one at once when connected."""
        with self._answers("its events"):
            api = self._connect(_EVENTS_SECONDS)
            try:
                self._events = api.events(filters={"type": ["image"]}, decode=True)
                yield
                for _ in self._events:
                    yield
            finally:
                api.close()

    def close(self) -> None:
        """End a stream of events that another thread reads, and let the connections go."""
        events, api, self._events, self._api = self._events, self._api, None, None
        if events is not None:
            events.close()
        if api is not None:
            api.close()

    @contextmanager
    def _answers(self, what: str) -> Iterator[None]:
        try:
            yield
        except EngineNotFound as error:
            raise ImageNotFound(what) from error
        except APIError as error:
            reason = _one_line(error.explanation or str(error))
            if error.status_code == 409:
                raise Conflict(f"{what}: {reason}") from error
            raise UpstreamError(f"{what}: the engine answered {error.status_code}: {reason}") from error
        except (DockerException, requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            api, self._api = self._api, None
            if api is not None:
                api.close()
            raise StoreUnavailable(f"The engine at {self.address} does not answer") from error


def full_id(text: str) -> str:
    """Podman leaves the algorithm out here and there."""
    return text if text.startswith("sha256:") else f"sha256:{text}"


def _one_line(text: object) -> str:
    return " ".join(str(text).split())[:500]
