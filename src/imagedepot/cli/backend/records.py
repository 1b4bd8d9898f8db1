"""The database, for commands while no service runs: downloads of the service, the mirror, users, settings."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cached_property

from imagedepot.cancellation import Cancellation
from imagedepot.cli.backend.protocol import Json
from imagedepot.database.connection import Database
from imagedepot.database.rows.audit import AuditRows
from imagedepot.database.rows.settings import SettingRows
from imagedepot.model.access.role import Role
from imagedepot.model.access.scope import Scope
from imagedepot.model.digest import Digest
from imagedepot.model.notices.happening import Event
from imagedepot.model.notices.notification import Target
from imagedepot.service.audit.query import parse_query
from imagedepot.service.catalogs import SETTING as CATALOGS
from imagedepot.service.distribution.mirror.mirror import Mirror
from imagedepot.service.events import Feed
from imagedepot.service.happenings import Happenings
from imagedepot.service.notifications.delivery import SEND_SECONDS
from imagedepot.service.settings import SettingsService
from imagedepot.wire.audit import AuditEntry
from imagedepot.wire.v1.base import plain
from imagedepot.wire.v1.images.downloads import Download
from imagedepot.wire.v1.mirror import KeptImage, MirrorImages
from imagedepot.wire.v1.mirror import Mirror as MirrorState
from imagedepot.wire.v1.notifications import NewNotificationChannel, NotificationChannel
from imagedepot.wire.v1.people.session import OpenSession
from imagedepot.wire.v1.people.tokens import NewToken, Token
from imagedepot.wire.v1.people.users import User
from imagedepot.wiring.cold import Cold
from imagedepot.wiring.fleet import open_rows
from imagedepot.wiring.served.access import open_access
from imagedepot.wiring.served.downloads import open_downloads
from imagedepot.wiring.served.mirror import open_mirror
from imagedepot.wiring.served.notifications import open_notifications
from imagedepot.wiring.served.pushes import open_pushes


class Records:
    """Use it while the data folder is held. What it changes, the next start of the service finds."""

    def __init__(self, database: Database, cold: Cold, stack: ExitStack) -> None:
        self._database = database
        self._cold = cold
        self._stack = stack
        self._access = open_access(database, Happenings())
        self._setting_rows = SettingRows(database)
        self._settings = cold.settings
        # The queue of downloads without workers: none may begin before the service runs.
        self._downloads = open_downloads(cold, database, Feed(), lambda _: None, most=0)
        stack.callback(self._downloads.close)
        self._pushing = open_pushes(database, cold)
        self._notifications = open_notifications(database, cold)  # not started: the service sends what waits
        stack.callback(self._pushing.close)

    @classmethod
    @contextmanager
    def opened(cls, cold: Cold) -> Iterator[Records]:
        """Raises `StorageFailure`."""
        with ExitStack() as stack:
            database = stack.enter_context(open_rows(cold.settings, cold.disk, cold.fleet))
            records = cls(database, cold, stack)
            records._downloads.resume()
            yield records

    def audit(self, query: Mapping[str, str], limit: int) -> list[Json]:
        """Raises `InvalidInput`."""
        return [plain(AuditEntry.of(each)) for each in AuditRows(self._database).find(parse_query(query), limit)]

    def users(self) -> list[Json]:
        return [plain(User.of(each)) for each in self._access.users()]

    def add_user(self, username: str, password: str, role: Role) -> Json:
        """Add a user; the first one is always an administrator. Raises `InvalidInput`, `Conflict`."""
        return plain(User.of(self._access.add(username, password, role)))

    def change_role(self, username: str, role: Role) -> Json:
        """Raises `NotFound`, `Conflict` (the last administrator)."""
        return plain(User.of(self._access.change(username, role=role)))

    def change_password(self, username: str, password: str) -> Json:
        """Raises `NotFound`, `InvalidInput`."""
        return plain(User.of(self._access.change(username, password)))

    def remove_user(self, username: str) -> None:
        """Raises `NotFound`, `Conflict` (the last administrator)."""
        self._access.remove(username)

    def tokens(self) -> list[Json]:
        return [plain(Token.of(each)) for each in self._access.tokens_of(self._access.owner())]

    def add_token(
        self,
        name: str,
        scopes: Sequence[Scope],
        repositories: Sequence[str],
        expires: datetime | None,
        user: str | None,
    ) -> Json:
        """Raises `InvalidInput`, `NotFound`, `Conflict`."""
        added = self._access.add_token(self._access.owner(), name, scopes, repositories, expires, user)
        return plain(NewToken.with_secret(*added))

    def remove_token(self, id_: str) -> None:
        """Raises `NotFound`."""
        self._access.remove_token(self._access.owner(), id_)

    def sessions(self) -> list[Json]:
        """All sessions, as for a caller on the control socket."""
        return [plain(OpenSession.of(each, is_current=False)) for each in self._access.sessions(self._access.owner())]

    def end_session(self, id_: str) -> None:
        """Raises `NotFound`."""
        self._access.end_session(self._access.owner(), id_)

    def notification_channels(self) -> list[Json]:
        return [plain(NotificationChannel.of(each)) for each in self._notifications.all()]

    def add_notification_channel(self, name: str, target: Target, events: Sequence[Event]) -> Json:
        """Raises `InvalidInput`, `Conflict`."""
        return plain(NewNotificationChannel.with_secret(*self._notifications.add(name, target, events)))

    def remove_notification_channel(self, id_: str) -> None:
        """Raises `NotFound`."""
        self._notifications.remove(id_)

    def test_notification_channel(self, id_: str) -> None:
        """Raises `NotFound`, and the `DepotError` of what went wrong."""
        self._notifications.test(id_, Cancellation(SEND_SECONDS, time.monotonic() + SEND_SECONDS))

    def put_catalogs(self, text: str, apply: Callable[[Sequence[str]], None]) -> None:
        """Change the setting. Raises `Conflict` (it is not to be changed), `InvalidSetting`."""
        changes = SettingsService(self._setting_rows, self._settings, lambda _, now: apply(now.catalogs))
        changes.put(CATALOGS, text)

    def downloads(self) -> list[Json]:
        return [plain(Download.of(each)) for each in self._downloads.recent()]

    def download(self, key: str) -> Json:
        """Raises `NotFound`."""
        return plain(Download.of(self._downloads.get(key)))

    def end(self, key: str) -> Json:
        """Cancel a download, or remove one that has ended. Raises `NotFound`."""
        return plain(Download.of(self._downloads.remove(key)))

    def retry(self, key: str) -> Json:
        """Retry a download; it begins when the service starts. Raises `NotFound`."""
        return plain(Download.of(self._downloads.retry(key)))

    def move(self, key: str, place: int) -> Json:
        """Raises `NotFound`, `Conflict`."""
        return plain(Download.of(self._downloads.move(key, place)))

    def mirror(self) -> Json:
        return plain(MirrorState.of(self._mirror.state()))

    def mirror_images(self, page: int, limit: int) -> Json:
        return plain(MirrorImages.of(self._mirror.images(), slice((page - 1) * limit, page * limit)))

    def keep_mirrored(self, name: str, tag: str) -> Json:
        """Raises `ImageNotFound`, `Conflict`."""
        kept = self._mirror.keep(name, tag)
        return plain(KeptImage(name=kept.name, tag=kept.tag, size=kept.size))

    def drop_mirrored(self, name: str, tag: str) -> None:
        """Raises `ImageNotFound`."""
        self._mirror.drop(name, tag)

    def partial_keys(self) -> Collection[str]:
        """Keys of the partial files that a download or an upload of the service may still resume."""
        return {*self._downloads.partial_keys(), *self._pushing.uploads.keys()}

    def needed(self) -> Collection[Digest]:
        """What the service's downloads have fetched already, and what was pushed."""
        return {*self._downloads.needed(), *self._pushing.repositories.roots()}

    @cached_property
    def _mirror(self) -> Mirror:
        """The mirror's cache; nothing is fetched while no service runs."""
        mirror = open_mirror(self._cold, self._database, [self._downloads.needed, self._pushing.repositories.roots])
        self._stack.callback(mirror.close)
        return mirror
