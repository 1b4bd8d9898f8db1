"""The Docker Engine API as we use it, over Docker's own SDK: Docker 20.10 and newer, and Podman's compatible socket.

Every failure leaves here as one of ours: `StoreUnavailable` when the engine is away, `Conflict` and `ImageNotFound`
with the engine's reason, `UpstreamError` for the rest.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import docker
import requests
import urllib3.exceptions
from docker.constants import MINIMUM_DOCKER_API_VERSION
from docker.errors import APIError, DockerException
from docker.errors import NotFound as EngineNotFound
from docker.types import CancellableStream
from docker.utils import kwargs_from_env

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Conflict, DepotError, ImageNotFound, InvalidSetting, StoreUnavailable, UpstreamError
from imagedepot.model.texts import words
from imagedepot.stores.docker.socket import OpenSockets, SocketAdapter

ANSWER_SECONDS = 30
_LOAD_SECONDS = 3600
_EVENTS_SECONDS = 86_400  # a quiet day, then the stream is asked for anew
_UNIX = "unix://"
_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class About:
    """`kind`: docker or podman. `by_chain`: whether the engine finds layers by their chain of diff ids from the base,
    as Docker's own image store does; its containerd store does not."""

    kind: str
    version: str
    by_chain: bool


class EngineClient:
    """One engine at one address (`unix:///var/run/docker.sock`, `tcp://host:2375`).

    `environment` names the TLS certificates of a tcp address, as for Docker's own command (`DOCKER_TLS_VERIFY`,
    `DOCKER_CERT_PATH`). Raises `InvalidSetting` when they cannot be used.
    """

    def __init__(
        self, address: str, environment: Mapping[str, str] | None = None, seconds: int = ANSWER_SECONDS
    ) -> None:
        self.address = address
        self._seconds = seconds
        self._api: docker.APIClient | None = None
        self._about: About | None = None
        self._events: CancellableStream[dict[str, Any]] | None = None
        tls = {} if address.startswith(_UNIX) else dict(environment or {})
        try:
            self._target = kwargs_from_env(environment={**tls, "DOCKER_HOST": address})
        except DockerException as error:
            raise InvalidSetting("DOCKER_CERT_PATH", words(str(error), _LONGEST_REASON)) from error

    def _connected(self) -> docker.APIClient:
        """The SDK's client for short answers; made at the first call."""
        if self._api is None:
            self._api = self._connect(self._seconds)
        return self._api

    def _connect(self, seconds: int, sockets: OpenSockets | None = None) -> docker.APIClient:
        """Asks the engine which version of the API it speaks: a pinned one is refused by newer engines."""
        sockets = sockets or OpenSockets()
        with closing(self._client(MINIMUM_DOCKER_API_VERSION, self._seconds, sockets)) as asking:
            version = str(asking.version(api_version=False).get("ApiVersion") or MINIMUM_DOCKER_API_VERSION)
        return self._client(version, seconds, sockets)

    def _client(self, version: str, seconds: int, sockets: OpenSockets) -> docker.APIClient:
        client = docker.APIClient(**self._target, version=version, timeout=seconds)
        if self.address.startswith(_UNIX):
            client.mount("http+docker://", SocketAdapter(f"http+{self.address}", seconds, sockets))
        else:
            sockets.follow(client)
        return client

    def about(self) -> About:
        """Asked once for each connection: behind the address may be another engine the next time."""
        with self._answers("its version"):
            api = self._connected()
            if self._about is None:
                answer = api.version()
                names = [str(part.get("Name", "")) for part in answer.get("Components") or []]
                podman = any("podman" in name.lower() for name in names)
                by_chain = not podman and not _in_containerd(api.info())
                self._about = About("podman" if podman else "docker", str(answer.get("Version", "")), by_chain)
            return self._about

    def images(self) -> list[dict[str, Any]]:
        with self._answers("the list of images"):
            return [{**each, "Id": full_id(str(each["Id"]))} for each in self._connected().images()]

    def inspect(self, name: str) -> dict[str, Any]:
        """Raises `ImageNotFound`."""
        with self._answers(name):
            answer = dict(self._connected().inspect_image(name))
        return {**answer, "Id": full_id(str(answer["Id"]))}

    def history(self, image_id: str) -> list[dict[str, Any]]:
        """Newest step first. Raises `ImageNotFound`."""
        with self._answers(image_id):
            return list(self._connected().history(image_id))

    def users(self, image_id: str) -> list[str]:
        """Short ids of the containers, running or not, that were made from this image."""
        with self._answers("the list of containers"):
            containers = self._connected().containers(all=True)
        return [str(each["Id"])[:12] for each in containers if full_id(str(each.get("ImageID"))) == image_id]

    def remove(self, name: str) -> None:
        """Untag `name`, or delete an image id. Raises `ImageNotFound`, `Conflict`."""
        with self._answers(name):
            self._connected().remove_image(name)

    def load(self, archive: Iterable[bytes], what: str, cancellation: Cancellation) -> str:
        """`docker load` of a streamed archive; the id of what was loaded where the engine tells it, else "".

        Raises `UpstreamError` with the engine's reason, and `Cancelled`, also while the engine does not go on.
        """
        sockets = OpenSockets()
        with cancellation.on_cancel(sockets.shut):
            try:
                return self._loaded(archive, what, sockets)
            except DepotError:
                cancellation.check()
                raise

    def _loaded(self, archive: Iterable[bytes], what: str, sockets: OpenSockets) -> str:
        loaded = ""
        with self._answers(what), closing(self._connect(_LOAD_SECONDS, sockets)) as api:
            for line in api.load_image(archive, quiet=True):
                reason = (line.get("errorDetail") or {}).get("message") or line.get("error")
                if reason:
                    raise UpstreamError(f"{what}: the engine refused it: {words(str(reason), _LONGEST_REASON)}")
                _, told, image_id = str(line.get("stream", "")).strip().partition("Loaded image ID: ")
                loaded = image_id if told else loaded
        return loaded

    def image_events(self) -> Generator[None, None, None]:
        """One item for each change of an image, for as long as the engine lives; first one at once when connected."""
        with self._answers("its events"):
            self._forget()
            with closing(self._connect(_EVENTS_SECONDS)) as api:
                self._events = events = api.events(filters={"type": ["image"]}, decode=True)
                try:
                    yield
                    for _ in events:
                        yield
                finally:
                    _end(events)

    def close(self) -> None:
        """End a stream of events that another thread reads, and let the connections go."""
        events, self._events = self._events, None
        if events is not None:
            _end(events)
        self._forget()

    def _forget(self) -> None:
        api, self._api, self._about = self._api, None, None
        if api is not None:
            api.close()

    @contextmanager
    def _answers(self, what: str) -> Iterator[None]:
        try:
            yield
        except EngineNotFound as error:
            raise ImageNotFound(what) from error
        except APIError as error:
            reason = words(str(error.explanation or error), _LONGEST_REASON)
            if error.status_code == 409:
                raise Conflict(reason if what in reason else f"{what}: {reason}") from error
            raise UpstreamError(f"{what}: the engine answered {error.status_code}: {reason}") from error
        except (DockerException, requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            self._forget()
            raise StoreUnavailable(f"The engine at {self.address} does not answer") from error


def full_id(text: str) -> str:
    """Podman leaves the algorithm out here and there."""
    return text if text.startswith("sha256:") else f"sha256:{text}"


def _end(events: CancellableStream[dict[str, Any]]) -> None:
    with suppress(OSError, ValueError):  # ended already
        events.close()


def _in_containerd(info: Mapping[str, Any]) -> bool:
    """Whether images live in containerd's store (the default of Docker 29), where an archive must be whole."""
    return any("containerd" in str(part) for pair in info.get("DriverStatus") or [] for part in pair)
