"""Tells subscribers what happens in the service, and words it: one function for each kind of happening."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from imagedepot.model.download import Download, DownloadStatus
from imagedepot.model.image import ImageType, titled
from imagedepot.model.notices.happening import Event, Happening
from imagedepot.model.text.texts import short

if TYPE_CHECKING:
    from imagedepot.content.verify import Problem

Listener = Callable[[Happening], None]
_log = logging.getLogger(__name__)
_LONGEST = 300
_NAMED = 5


class Happenings:
    """Publish and subscribe within the process. A listener is called in the publisher's thread and returns at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()

    def publish(self, happening: Happening) -> None:
        """Tell every subscriber. Never raises: what happened has happened."""
        for listener in self._listeners:
            try:
                listener(happening)
            except Exception:  # noqa: BLE001 - telling of a download must not break it
                _log.exception("a listener broke over %s", happening.event)

    @contextmanager
    def subscribed(self, listener: Listener) -> Iterator[None]:
        """While inside, `listener` is called with every event."""
        with self._lock:
            self._listeners = (*self._listeners, listener)
        try:
            yield
        finally:
            with self._lock:
                self._listeners = tuple(each for each in self._listeners if each is not listener)


def update_available(
    type_: ImageType, name: str, tag: str, installed: str, latest: str, size: int | None = None
) -> Happening:
    """An upstream has another image under a tag, or a newer tag: `installed` and `latest` are digests or versions.

    `size`: bytes to fetch at most, where that is known.
    """
    title = titled(type_, name, tag)
    facts: dict[str, str | int] = {
        "type": type_.value,
        "name": name,
        "tag": tag,
        "installed": installed,
        "latest": latest,
    }
    if size is not None:
        facts["size"] = size
    return _happening(Event.UPDATE_AVAILABLE, title, f"An update of {title} is available", facts)


def download_ended(download: Download) -> Happening | None:
    """A download that was done or failed; None for one that was cancelled or found everything here already."""
    request = download.request
    facts: dict[str, str | int] = {
        "type": request.type.value,
        "name": request.name,
        "tag": request.tag,
        "download": download.id,
    }
    if download.status is DownloadStatus.FAILED:
        return _happening(Event.FAILED, request.title, f"Download failed: {download.error}", facts)
    if download.status is not DownloadStatus.DONE or not download.parts:
        return None
    facts["bytes"] = sum(part.bytes for part in download.parts)
    return _happening(Event.DOWNLOADED, request.title, f"{request.title} was downloaded", facts)


def low_disk(free: int, limit: int) -> Happening:
    """Bytes that are free on the data folder's disk, and the amount that they fell below."""
    text = f"Only {free / 1e9:,.1f} GB are free on the data folder's disk, less than {limit / 1e9:,.1f} GB"
    return _happening(Event.LOW_DISK, "disk", text, {"free": free, "limit": limit})


def faults_found(problems: Sequence[tuple[Problem, bool]]) -> Happening:
    """What a verification found wrong, each with whether it is repaired now; not empty."""
    images = sorted({image for problem, _ in problems for image in problem.images})
    named = ", ".join(images[:_NAMED]) + (f" and {len(images) - _NAMED} more" if len(images) > _NAMED else "")
    repaired = sum(each for _, each in problems)
    count = "1 damaged or missing file" if len(problems) == 1 else f"{len(problems)} damaged or missing files"
    text = f"Verification found {count}{f' of {named}' if named else ''}; {repaired or 'none'} repaired"
    return _happening(Event.FAULT_FOUND, "verification", text, {"faults": len(problems), "repaired": repaired})


def login_attempts(username: str, address: str, failures: int) -> Happening:
    """Failed logins that look like guessing; `address` is where the latest came from."""
    name = short(username)
    text = f"{failures} failed logins as {name}, the latest from {short(address)}"
    facts: dict[str, str | int] = {"username": name, "address": short(address), "failures": failures}
    return _happening(Event.LOGIN_ATTEMPTS, name, text, facts)


def _happening(event: Event, subject: str, text: str, facts: Mapping[str, str | int]) -> Happening:
    return Happening(event, short(subject, _LONGEST), short(text, 2 * _LONGEST), datetime.now(UTC), dict(facts))
