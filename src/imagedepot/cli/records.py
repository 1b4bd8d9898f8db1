"""What the database knows, for commands while no service runs: downloads of the service, and users."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from imagedepot.api.rows.session import user_row
from imagedepot.cli.desk import Json
from imagedepot.config import Settings
from imagedepot.database.connection import Database
from imagedepot.database.downloads import DownloadRows
from imagedepot.errors import NotFound
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.wiring.services import DATABASE, open_access


class Records:
    """Use it while the data folder is held. What it changes, the next start of the service finds."""

    def __init__(self, database: Database) -> None:
        self._access = open_access(database)
        self._rows = DownloadRows(database)

    @classmethod
    @contextmanager
    def opened(cls, settings: Settings) -> Iterator[Records]:
        """Raises `StorageFailure`."""
        database = Database(settings.data_dir / DATABASE)
        try:
            yield cls(database)
        finally:
            database.close()

    def users(self) -> list[Json]:
        return [user_row(each) for each in self._access.users()]

    def add_user(self, username: str, password: str, is_admin: bool) -> Json:
        """The first one is an administrator in any case. Raises `InvalidInput`, `Conflict`."""
        return user_row(self._access.add(username, password, is_admin))

    def change_password(self, username: str, password: str) -> Json:
        """Raises `NotFound`, `InvalidInput`."""
        return user_row(self._access.change(username, password))

    def remove_user(self, username: str) -> None:
        """Raises `NotFound`, `Conflict` (the last administrator)."""
        self._access.remove(username)

    def downloads(self) -> list[Download]:
        """Newest first."""
        every = [download for download, _ in self._rows.all()]
        return sorted(every, key=lambda each: (each.created, int(each.id)), reverse=True)

    def download(self, key: str) -> Download:
        """Raises `NotFound`."""
        for download in self.downloads():
            if download.id == key:
                return download
        raise NotFound(f"Download not found: {key}")

    def end(self, key: str) -> Download:
        """Cancel it; forget it when it has ended already. Raises `NotFound`."""
        download = self.download(key)
        if download.ended is not None:
            self._rows.remove(key)
            return download
        download = replace(download, status=DownloadStatus.CANCELLED, ended=datetime.now(UTC))
        self._rows.save(download)
        return download

    def retry(self, key: str) -> Download:
        """It begins when the service starts. Raises `NotFound`."""
        download = self.download(key)
        if download.ended is not None:
            download = Download(key, download.request, DownloadStatus.WAITING, datetime.now(UTC))
            self._rows.save(download)
        return download

    def resumable(self) -> frozenset[str]:
        """Keys of the partial files that a download of the service may still resume."""
        open_ended = [each for each in self.downloads() if each.status is not DownloadStatus.DONE]
        return frozenset(part.key for each in open_ended for part in each.parts)
