"""Words messages: one happening as it is, several as a list under a title that counts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from imagedepot.model.notices.happening import Event, Happening
from imagedepot.model.notices.notification import Message
from imagedepot.service.notifications.schedule import Batch

_TITLES = {
    Event.UPDATE_AVAILABLE: ("Update available", "{} updates available"),
    Event.DOWNLOADED: ("Download finished", "{} downloads finished"),
    Event.FAILED: ("Download failed", "{} downloads failed"),
    Event.LOW_DISK: ("Disk almost full", "Disk almost full"),
    Event.FAULT_FOUND: ("Damaged images found", "Damaged images found"),
    Event.LOGIN_ATTEMPTS: ("Failed logins", "Failed logins"),
}
_MOST_LINES = 40
_TEST = "This is a test: notifications of Image Depot arrive here."


def worded(batch: Batch, now: datetime) -> Message:
    happenings = [each.happening for each in batch.notices]
    return Message(batch.id, now, _title(happenings), _text(happenings, batch.lost), happenings, batch.lost)


def trial(id_: str, now: datetime) -> Message:
    """The message of a channel's test."""
    return Message(id_, now, "Image Depot: test", _TEST, ())


def _title(happenings: Sequence[Happening]) -> str:
    counts = Counter(each.event for each in happenings)
    parts = [_TITLES[event][0] if n == 1 else _TITLES[event][1].format(n) for event, n in counts.items()]
    return f"Image Depot: {', '.join(part if at == 0 else _lower(part) for at, part in enumerate(parts))}"


def _lower(part: str) -> str:
    return part[:1].lower() + part[1:]


def _text(happenings: Sequence[Happening], lost: int) -> str:
    times = Counter(each.text for each in happenings)
    lines = [text if n == 1 else f"{text} ({n} times)" for text, n in times.items()]
    more = len(lines) - _MOST_LINES
    if more > 0:
        lines = [*lines[:_MOST_LINES], f"and {more} more"]
    if lost:
        lines.append(f"{lost} earlier ones were left out: too many waited.")
    return "\n".join(lines)
