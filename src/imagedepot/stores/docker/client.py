"""The calls of the Docker Engine API that we need, with every failure as one of ours.

`StoreUnavailable` when the engine is away, `Conflict` and `ImageNotFound` with the engine's reason, `UpstreamError` for
the rest.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Conflict, DepotError, ImageNotFound, StoreUnavailable, UpstreamError
from imagedepot.model.text.texts import words
from imagedepot.remote.http.abortable import AbortableConnection
from imagedepot.stores.docker.api import EngineApi, Refused, Unanswered
from imagedepot.stores.docker.saved import SavedImages

ANSWER_SECONDS = 30
_LOAD_SECONDS = 3600
_EVENTS_SECONDS = 86_400  # a quiet day, then the stream is asked for again
_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class About:
    """`kind`: docker or podman. `by_chain`: whether the engine finds layers by their chain of diff ids from the base,
    as Docker's own image store does; its containerd store does not."""

    kind: str
    version: str
    by_chain: bool


class EngineClient:
    """One engine at one address; `environment` as for `EngineApi`. Raises `InvalidSetting`."""

    def __init__(
        self, address: str, environment: Mapping[str, str] | None = None, seconds: int = ANSWER_SECONDS
    ) -> None:
        self.address = address
        self._api = EngineApi(address, environment or {}, seconds)
        self._about: About | None = None
        self._events: AbortableConnection | None = None

    def about(self) -> About:
        """Facts about the engine, cached until it goes away, since another one may come back."""
        with self._answers("its version"):
            if self._about is None:
                answer = self._api.version()
                names = [str(part.get("Name", "")) for part in answer.get("Components") or []]
                podman = any("podman" in name.lower() for name in names)
                by_chain = not podman and not _in_containerd(self._api.call("GET", "/info"))
                self._about = About("podman" if podman else "docker", str(answer.get("Version", "")), by_chain)
            return self._about

    def ping(self) -> None:
        """Raises `StoreUnavailable` when the engine does not answer now."""
        with self._answers("its version"):
            self._api.version()

    def images(self) -> list[dict[str, Any]]:
        with self._answers("the list of images"):
            return [{**each, "Id": full_id(str(each["Id"]))} for each in self._api.call("GET", "/images/json")]

    def inspect(self, name: str) -> dict[str, Any]:
        """Raises `ImageNotFound`."""
        with self._answers(name):
            answer = dict(self._api.call("GET", f"/images/{_path(name)}/json"))
        return {**answer, "Id": full_id(str(answer["Id"]))}

    def history(self, image_id: str) -> list[dict[str, Any]]:
        """The build steps, newest first. Raises `ImageNotFound`."""
        with self._answers(image_id):
            return list(self._api.call("GET", f"/images/{_path(image_id)}/history"))

    def users(self, image_id: str) -> list[str]:
        """Short ids of the containers, running or not, that were made from this image."""
        with self._answers("the list of containers"):
            containers = self._api.call("GET", "/containers/json", {"all": "1"})
        return [str(each["Id"])[:12] for each in containers if full_id(str(each.get("ImageID"))) == image_id]

    def remove(self, name: str) -> None:
        """Untag `name`, or delete an image id. Raises `ImageNotFound`, `Conflict`."""
        with self._answers(name):
            self._api.call("DELETE", f"/images/{_path(name)}")

    def load(self, archive: Iterable[bytes], what: str, cancellation: Cancellation) -> str:
        """`docker load` of a streamed archive; the id of the loaded image if the engine reports it, else "".

        Raises `UpstreamError` with the engine's reason, and `Cancelled`, also while the engine does not go on.
        """
        asking, connection = self._api.connection(), self._api.connection(_LOAD_SECONDS)
        with closing(connection), cancellation.on_cancel(asking.shut), cancellation.on_cancel(connection.shut):
            try:
                with self._answers(what):
                    self._api.version(asking)
                return self._loaded(connection, archive, what)
            except DepotError:
                cancellation.check()
                raise

    def _loaded(self, connection: AbortableConnection, archive: Iterable[bytes], what: str) -> str:
        loaded = ""
        with self._answers(what):
            for line in self._api.stream(connection, "POST", "/images/load", {"quiet": "1"}, archive):
                reason = (line.get("errorDetail") or {}).get("message") or line.get("error")
                if reason:
                    raise UpstreamError(f"{what}: the engine refused it: {words(str(reason), _LONGEST_REASON)}")
                _, named, image_id = str(line.get("stream", "")).strip().partition("Loaded image ID: ")
                loaded = image_id if named else loaded
        return loaded

    def save(self, names: Sequence[str]) -> SavedImages:
        """`docker save` of images by their references, as a stream. Raises `ImageNotFound`, `UpstreamError`."""
        connection = self._api.connection(_LOAD_SECONDS)
        try:
            with self._answers(names[0]):
                response = self._api.open(connection, "/images/get", [("names", name) for name in names])
        except BaseException:
            connection.close()
            raise
        return SavedImages(self.address, connection, response)

    def image_events(self) -> Generator[None, None, None]:
        """One item for each change of an image, for as long as the engine lives; first one at once when connected."""
        with self._answers("its events"):
            self._forget()
            query = {"filters": json.dumps({"type": ["image"]})}
            self._events = connection = self._api.connection(_EVENTS_SECONDS)
            with closing(connection):
                self._api.version()
                events = self._api.stream(connection, "GET", "/events", query)
                yield
                for _ in events:
                    yield

    def close(self) -> None:
        """End a stream of events that another thread reads."""
        events, self._events = self._events, None
        if events is not None:
            events.shut()
        self._forget()

    def _forget(self) -> None:
        self._about = None
        self._api.forget()

    @contextmanager
    def _answers(self, what: str) -> Iterator[None]:
        try:
            yield
        except Refused as error:
            if error.status == 404:
                raise ImageNotFound(what) from error
            if error.status == 409:
                raise Conflict(error.reason if what in error.reason else f"{what}: {error.reason}") from error
            raise UpstreamError(f"{what}: the engine answered {error.status}: {error.reason}") from error
        except Unanswered as error:
            self._forget()
            raise StoreUnavailable(f"The engine at {self.address} does not answer") from error
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise UpstreamError(f"{what}: the engine answered with something that makes no sense") from error


def full_id(text: str) -> str:
    """An id with its algorithm, which Podman leaves out in places."""
    return text if text.startswith("sha256:") else f"sha256:{text}"


def _path(name: str) -> str:
    """A name as part of a path: engines take `/`, `:` and `@` as they are."""
    return quote(name, safe="/:@")


def _in_containerd(info: Mapping[str, Any]) -> bool:
    """Whether images live in containerd's store (the default of Docker 29), where an archive must be whole."""
    return any("containerd" in str(part) for pair in info.get("DriverStatus") or [] for part in pair)
