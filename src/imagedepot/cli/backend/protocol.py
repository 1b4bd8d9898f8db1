"""The protocol of backends: the calls that commands make.

There are two backends: the running service (`service.py`), and this process when no service holds the data folder
(`local.py`). So each command is written once. Rows are the API's JSON (`docs/api.md`) in both cases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from imagedepot.model.access.role import Role
from imagedepot.model.access.scope import Scope
from imagedepot.model.download import DownloadStatus
from imagedepot.model.notices.happening import Event
from imagedepot.model.notices.notification import Target

Json = dict[str, Any]

STALE = "The upstream does not answer: these rows are from the last time that it did"


def has_ended(row: Json) -> bool:
    """Whether a download has ended, so that its row changes no more."""
    return DownloadStatus(row["status"]).ended


class Backend(Protocol):
    """Every method raises a `DepotError`."""

    # What happens to a download whose `pull` is interrupted, as the rest of a sentence.
    interrupted: str

    def images(
        self, depot: str, type_: str = "", filter_text: str = "", limit: int | None = None, order: str = ""
    ) -> Json:
        """`order`: "relevance" for the best matches first, else the depot's own."""

    def inspect(self, type_: str, name: str, tag: str) -> Json: ...

    def export(
        self, names: Sequence[tuple[str, str]], format_: str
    ) -> AbstractContextManager[tuple[int | None, Iterator[bytes]]]:
        """Images, by name and tag, as one archive: its length where that is known, and its bytes."""

    def export_lxc(self, name: str, tag: str) -> AbstractContextManager[tuple[int | None, Iterator[bytes]]]:
        """The same for an LXC image, as a unified tarball."""

    def load(self, content: Iterator[bytes], path: Path | None, name: str, platform: str) -> Iterator[Iterator[Json]]:
        """Load an archive, by its `path` on this host where it has one and that suffices; the rows of each image, as of
        `pull`."""

    def load_into(self, name: str, tag: str, engine: str) -> Iterator[Json]:
        """Yield how far the image is on its way into an engine, until that has ended."""

    def tags(self, name: str, is_official: bool) -> Json: ...

    def pull(self, depot: str, type_: str, name: str, tag: str, body: Mapping[str, str]) -> Iterator[Json]:
        """Yield the download's row until it has ended; the last row has the result.

        Closing the iterator leaves a download that goes on where it stopped.
        """

    def remove(self, type_: str, name: str) -> Json: ...

    def lxc_files(self, name: str, tag: str) -> Json: ...

    def downloads(self) -> list[Json]: ...

    def find_download(self, id_: str) -> Json: ...

    def end_download(self, id_: str) -> Json: ...

    def retry_download(self, id_: str) -> Json: ...

    def move_download(self, id_: str, place: int) -> Json:
        """Put it at `place`, from 1, of the downloads that wait for their turn."""

    def verify(self, repair: bool, slice_: str) -> Json:
        """`slice_` is written as 2/8."""

    def clean_up(self, unfinished: bool, unnamed: bool = False) -> Json: ...

    def space(self) -> Json:
        """What uses the disk: by part, by image, and what a clean-up would free."""

    def stores(self) -> Json:
        """The stores in use, and what is done with the images of those that take no new ones."""

    def use_store(self, type_: str, setting: str, images: str) -> Json: ...

    def decide_images(self, type_: str, store: str, images: str) -> Json: ...

    def stop_store_work(self, type_: str) -> Json: ...

    def updates(self) -> Json: ...

    def check_updates(self, images: Sequence[Json] = ()) -> Json:
        """Ask upstreams about these images (by type, name, tag), else about all; returns when they have been asked."""

    def update(self, images: Sequence[Json]) -> Iterator[Iterator[Json]]:
        """Download updates of these images, else all that are known; the rows of each download, as of `pull`."""

    def update_rules(self) -> list[Json]: ...

    def put_update_rule(self, pattern: str, rule: Json) -> Json: ...

    def remove_update_rule(self, pattern: str) -> None: ...

    def preview_updates(self, rule: Json | None = None) -> list[Json]:
        """What would happen to each image now, with `rule` (with its `pattern`) besides if there is one."""

    def limits(self) -> Json: ...

    def mirror(self) -> Json: ...

    def mirror_images(self, page: int, limit: int) -> Json: ...

    def keep_mirrored(self, name: str, tag: str) -> Json: ...

    def drop_mirrored(self, name: str, tag: str) -> None: ...

    def client_config(self, client: str, address: str) -> Json: ...

    def audit(self, query: Mapping[str, str], limit: int) -> list[Json]:
        """The newest events of the audit trail that fit, newest first; `query` as `service.access.audit_query`."""

    def users(self) -> list[Json]: ...

    def add_user(self, username: str, password: str, role: Role) -> Json: ...

    def change_role(self, username: str, role: Role) -> Json: ...

    def change_password(self, username: str, password: str) -> Json: ...

    def remove_user(self, username: str) -> None: ...

    def tokens(self) -> list[Json]: ...

    def add_token(
        self,
        name: str,
        scopes: Sequence[Scope],
        repositories: Sequence[str],
        expires: datetime | None,
        user: str | None,
    ) -> Json: ...

    def remove_token(self, id_: str) -> None: ...

    def sessions(self) -> list[Json]: ...

    def end_session(self, id_: str) -> None: ...

    def catalogs(self) -> list[Json]: ...

    def add_catalog(self, address: str) -> list[Json]: ...

    def remove_catalog(self, address: str) -> list[Json]: ...

    def refresh_catalogs(self) -> list[Json]: ...

    def notification_channels(self) -> list[Json]: ...

    def add_notification_channel(self, name: str, target: Target, events: Sequence[Event]) -> Json: ...

    def remove_notification_channel(self, id_: str) -> None: ...

    def test_notification_channel(self, id_: str) -> None: ...

    def registries(self) -> list[Json]: ...

    def log_in(self, host: str, username: str, password: str) -> None: ...

    def log_out(self, host: str) -> None: ...

    def close(self) -> None: ...
