"""Rows that outlive a restart: downloads, users with their sessions, access tokens, the audit trail, settings.

Rows are plain values. Every change is durable when the call returns, and happens whole or not at all. Every call may
raise `StorageFailure`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from imagedepot.model.access.audit import AuditEvent, AuditQuery
from imagedepot.model.download import Download
from imagedepot.model.image import ImageRequest, Resolved


@dataclass(frozen=True, slots=True)
class StoredUser:
    """`password` is a hash with its parameters, "" where it cannot be read; `role` is a `Role`'s value.

    `created` is UTC, None where it cannot be read.
    """

    username: str
    password: str
    role: str
    created: datetime | None


@dataclass(frozen=True, slots=True)
class StoredSession:
    """`token` is the hash of what the cookie holds. Times are UTC."""

    token: str
    username: str
    login: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class StoredToken:
    """An access token. `hashed` is the hash of its secret; `scopes` and `repositories` have blanks between.

    Times are UTC: `expires` is None for never, `last_used` for not yet.
    """

    id: int
    name: str
    username: str
    hashed: str
    scopes: str
    repositories: str
    created: datetime
    expires: datetime | None
    last_used: datetime | None


@dataclass(frozen=True, slots=True)
class StoredSetting:
    """A setting that was changed at run time, as a person would write it."""

    name: str
    value: str


class DownloadRows(Protocol):
    def add(self, request: ImageRequest, created: datetime) -> Download:
        """A waiting download with an id of its own."""

    def pin(self, key: str, resolved: Resolved) -> None:
        """Save what the download's tag named, so that a restart does not ask again."""

    def save(self, download: Download) -> None:
        """Save the download's state: ended, or asked for again, which unpins it."""

    def set_turns(self, turns: Mapping[str, int]) -> None:
        """Save the turns of downloads, by id."""

    def remove(self, keys: Sequence[str]) -> None: ...

    def remove_ended_before(self, moment: datetime) -> None: ...

    def all(self) -> Iterator[tuple[Download, Resolved | None]]:
        """All downloads in order of turns and requests, unfinished ones with what they were pinned to."""


class SharedDownloadRows(DownloadRows, Protocol):
    """Downloads that several nodes take from one line. `image` is what one brings, of which one is under way at a time;
    `name` what it changes: of one name one runs at a time. `home` is the one node that can do it, or ""."""

    def begin(self, request: ImageRequest, created: datetime, image: str, name: str, home: str) -> tuple[str, bool]:
        """The download that brings `image`, and whether it is a new one."""

    def begin_again(self, download: Download, image: str, name: str, home: str) -> tuple[str, bool]:
        """The same for one that has ended, with its state from now on."""

    def outside(self) -> Sequence[str]:
        """Those that have not ended and are in no line: a service alone left them."""

    def claim(self, most: int, limit: int, home: str) -> Sequence[str]:
        """At most `most` that wait, or whose node has died, are this node's now; never more than `limit` run on all
        nodes (0: no limit)."""

    def beat(self, downloads: Sequence[Download]) -> Mapping[str, bool]:
        """This node is alive, and this is how far they are. All that it still has, and whether each is cancelled."""

    def settle(self, key: str) -> None:
        """Its image is here: who asks for it from now on begins another download."""

    def end(self, download: Download) -> bool:
        """Its last state, if this node has it still; whether it had."""

    def cancel(self, key: str) -> None:
        """The node that is at work ends it; where none is, `end_abandoned` does."""

    def end_abandoned(self, now: datetime) -> Sequence[str]:
        """End those that are cancelled and that no living node has."""

    def give_back(self) -> None:
        """What this node has waits for another one."""

    def find(self, keys: Collection[str] | None = None) -> Mapping[str, tuple[Download, Resolved | None]]:
        """Those of `keys`, or all; what is under way as its node last said."""

    def progress(self, downloads: Sequence[Download]) -> Sequence[Download]:
        """Of these the ones that are under way, as their nodes last said."""


class SessionRows(Protocol):
    def sessions(self, now: datetime) -> Sequence[StoredSession]:
        """The sessions that have not expired; the others are deleted."""

    def put_session(self, row: StoredSession) -> None:
        """Add or replace."""

    def end_session(self, token: str) -> None: ...

    def end_sessions(self, username: str) -> None: ...


class UserRows(SessionRows, Protocol):
    def users(self) -> Sequence[StoredUser]:
        """All users by name, also those with a field that cannot be read."""

    def put(self, user: StoredUser) -> None:
        """Add or replace."""

    def remove(self, username: str) -> None:
        """The user, and every session and access token of theirs."""


class TokenRows(Protocol):
    def all(self) -> Sequence[StoredToken]:
        """All tokens by id."""

    def add(self, row: StoredToken) -> StoredToken:
        """The row with its id, which is never given again; that of `row` does not count."""

    def remove(self, id_: int) -> None: ...

    def note_use(self, id_: int, time: datetime) -> None: ...


class AuditRows(Protocol):
    def add(self, events: Sequence[AuditEvent]) -> None:
        """Add events, with ids that rise and are never reused; those of `events` do not count."""

    def find(self, query: AuditQuery, limit: int) -> Sequence[AuditEvent]:
        """The newest events that match, newest first."""

    def remove_before(self, moment: datetime) -> None: ...

    def keep_newest(self, most: int) -> None:
        """Delete the oldest events beyond `most`: refused and failed ones first."""


class SettingRows(Protocol):
    def all(self) -> Sequence[StoredSetting]: ...

    def put(self, name: str, value: str) -> None:
        """Add or replace."""

    def remove(self, name: str) -> None: ...


class ImageRows(Protocol):
    """The index of one of our own stores, where several nodes share it: for each name a text."""

    def all(self, names: Collection[str] | None = None) -> Mapping[str, str]:
        """By name; of `names` alone where they are given."""

    def put(self, name: str, entry: str) -> None:
        """Add or replace."""

    def swap(self, name: str, before: str | None, entry: str) -> bool:
        """As `put`, if the text still is `before`; None: if there is none. False when it is not."""

    def remove(self, names: Collection[str]) -> None: ...
