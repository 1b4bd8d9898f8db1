"""The protocols of `imagedepot.protocols.rows` in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from imagedepot.model.access.audit import AuditEvent, AuditOutcome, AuditQuery
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.model.image import ImageRequest, Resolved
from imagedepot.protocols.rows import StoredSession, StoredSetting, StoredToken, StoredUser


class MemoryDownloads:
    def __init__(self) -> None:
        self._rows: dict[str, tuple[Download, Resolved | None]] = {}
        self._ids = count(1)

    def add(self, request: ImageRequest, created: datetime) -> Download:
        download = Download(str(next(self._ids)), request, DownloadStatus.WAITING, created)
        self._rows[download.id] = (download, None)
        return download

    def pin(self, key: str, resolved: Resolved) -> None:
        self._rows[key] = (self._rows[key][0], resolved)

    def save(self, download: Download) -> None:
        self._rows[download.id] = (replace(download, sized=bool(download.parts)), None)

    def set_turns(self, turns: Mapping[str, int]) -> None:
        for key, turn in turns.items():
            download, resolved = self._rows[key]
            self._rows[key] = (replace(download, turn=turn), resolved)

    def remove(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._rows.pop(key, None)

    def remove_ended_before(self, moment: datetime) -> None:
        self.remove([key for key, (each, _) in self._rows.items() if each.ended and each.ended < moment])

    def all(self) -> Iterator[tuple[Download, Resolved | None]]:
        def place(row: tuple[Download, Resolved | None]) -> tuple[bool, int, datetime, int]:
            return row[0].turn is None, row[0].turn or 0, row[0].created, int(row[0].id)

        yield from sorted(self._rows.values(), key=place)


class MemoryTokens:
    def __init__(self) -> None:
        self.rows: dict[int, StoredToken] = {}
        self._ids = count(1)

    def all(self) -> Sequence[StoredToken]:
        return list(self.rows.values())

    def add(self, row: StoredToken) -> StoredToken:
        added = replace(row, id=next(self._ids))
        self.rows[added.id] = added
        return added

    def remove(self, id_: int) -> None:
        self.rows.pop(id_, None)

    def note_use(self, id_: int, time: datetime) -> None:
        self.rows[id_] = replace(self.rows[id_], last_used=time)


class MemoryUsers:
    """Users and their sessions; a user's tokens, in `tokens`, go with the user."""

    def __init__(self, tokens: MemoryTokens) -> None:
        self._users: dict[str, StoredUser] = {}
        self._sessions: dict[str, StoredSession] = {}
        self._tokens = tokens

    def users(self) -> Sequence[StoredUser]:
        return [self._users[name] for name in sorted(self._users)]

    def put(self, user: StoredUser) -> None:
        self._users[user.username] = user

    def remove(self, username: str) -> None:
        self._users.pop(username, None)
        self.end_sessions(username)
        for token in self._tokens.all():
            if token.username == username:
                self._tokens.remove(token.id)

    def sessions(self, now: datetime) -> Sequence[StoredSession]:
        self._sessions = {key: each for key, each in self._sessions.items() if each.expires > now}
        return list(self._sessions.values())

    def put_session(self, row: StoredSession) -> None:
        self._sessions[row.token] = row

    def end_session(self, token: str) -> None:
        self._sessions.pop(token, None)

    def end_sessions(self, username: str) -> None:
        self._sessions = {key: each for key, each in self._sessions.items() if each.username != username}


class MemorySettings:
    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def all(self) -> Sequence[StoredSetting]:
        return [StoredSetting(name, value) for name, value in self._values.items()]

    def put(self, name: str, value: str) -> None:
        self._values[name] = value

    def remove(self, name: str) -> None:
        self._values.pop(name, None)


class MemoryAudit:
    def __init__(self) -> None:
        self.events: list[AuditEvent] = []
        self._ids = count(1)

    def add(self, events: Sequence[AuditEvent]) -> None:
        self.events += [replace(each, id=next(self._ids)) for each in events]

    def find(self, query: AuditQuery, limit: int) -> Sequence[AuditEvent]:
        return [each for each in reversed(self.events) if _fits(each, query)][:limit]

    def remove_before(self, moment: datetime) -> None:
        self.events = [each for each in self.events if each.time >= moment]

    def keep_newest(self, most: int) -> None:
        for is_done in (False, True):
            some = [each for each in self.events if (each.outcome is AuditOutcome.DONE) is is_done]
            for each in some[: max(0, len(self.events) - most)]:
                self.events.remove(each)


def _fits(event: AuditEvent, query: AuditQuery) -> bool:
    texts = f"{event.target}\n{event.detail}\n{event.error}".lower()
    return (
        query.actor in ("", event.actor)
        and query.action in ("", event.action, event.action.partition(".")[0])
        and query.outcome in (None, event.outcome)
        and query.address in ("", event.address)
        and query.text.lower() in texts
        and (query.since is None or event.time >= query.since)
        and (query.until is None or event.time < query.until)
        and (query.before is None or event.id < query.before)
    )
