"""Events of the service that people may want a notification about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Event(StrEnum):
    """The kinds of happenings; their values are those of the API."""

    UPDATE_AVAILABLE = "update_available"
    DOWNLOADED = "downloaded"
    FAILED = "failed"
    LOW_DISK = "low_disk"
    FAULT_FOUND = "fault_found"
    LOGIN_ATTEMPTS = "login_attempts"


@dataclass(frozen=True, slots=True)
class Happening:
    """`subject` is what it is about, such as an image; `text` one sentence for people; `facts` are for programs."""

    event: Event
    subject: str
    text: str
    time: datetime
    facts: Mapping[str, str | int] = field(default_factory=dict)
