"""The backend in this process, for when no service holds the data folder.

Rows are made by the functions that make the API's, so that programs read the same from both backends. The database is
opened only by what needs it: a cold `pull` imports neither SQLAlchemy nor a web framework.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from imagedepot.cli.backend.local_audit import audited, first, image, second
from imagedepot.cli.backend.protocol import STALE, Json
from imagedepot.cli.render.output import note
from imagedepot.config import Settings
from imagedepot.database.stored import has_stored_users, mirrored_digests
from imagedepot.model.access.role import Role
from imagedepot.model.access.scope import Scope
from imagedepot.model.content.archives import ArchiveFormat
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageType
from imagedepot.model.names.upstreams import OWN_HOST
from imagedepot.service.downloads.requests import depot_id, image_request, image_type, installed_name
from imagedepot.service.finding.list_query import ListQuery
from imagedepot.service.finding.listing import snapshots
from imagedepot.wire.v1.base import plain
from imagedepot.wire.v1.catalogs import Catalog
from imagedepot.wire.v1.images.image import LxcFiles, Removed
from imagedepot.wire.v1.images.listing import local_row, rows_of
from imagedepot.wire.v1.registries import Limits, Registry
from imagedepot.wiring.cold import Cold, open_cold
from imagedepot.wiring.database import has_database, place_of

if TYPE_CHECKING:
    from imagedepot.cli.backend.local_space import LocalSpace
    from imagedepot.cli.backend.local_stores import LocalStores
    from imagedepot.cli.backend.local_updates import LocalUpdates
    from imagedepot.cli.backend.records import Records
    from imagedepot.model.notices.happening import Event
    from imagedepot.model.notices.notification import Target
    from imagedepot.service.catalogs import CatalogService
    from imagedepot.service.icons import Icons


class LocalBackend:
    """Holds the data folder until `close`. Raises `DataFolderBusy`, `StorageFailure`."""

    interrupted = "what has arrived is kept, and the same command goes on from there"

    def __init__(self, settings: Settings) -> None:
        self._stack = ExitStack()
        self._cold: Cold = self._stack.enter_context(open_cold(settings))
        self._cold.stores.collector.also(self._needed)
        self._cold.stores.collector.also(lambda: mirrored_digests(place_of(settings)))

    @property
    def settings(self) -> Settings:
        return self._cold.settings

    def close(self) -> None:
        self._stack.close()

    def images(
        self, depot: str, type_: str = "", filter_text: str = "", limit: int | None = None, order: str = ""
    ) -> Json:
        asked = {"from": depot, "type": type_, "filter_text": filter_text}
        more = {"order": order, **({"limit": str(limit)} if limit else {})}
        query = ListQuery.parse({**asked, **more}, self._cold.upstreams.depots)
        if query.is_local:
            rows = self._local(query)
            return {**asked, "results": rows[query.page.rows] if query.page else rows, "total_count": len(rows)}
        from imagedepot.service.finding.listing import find
        from imagedepot.wire.v1.images.listing import found_row

        _ = self._taught_icons
        found = find(self._cold.images, query, frozenset)
        if found.stale:
            note(STALE)
        shown = [plain(found_row(found.depot, row, found.here, self._icon_url)) for row in found.rows]
        return {**asked, "results": shown, "total_count": found.total}

    def inspect(self, type_: str, name: str, tag: str) -> Json:
        return dict(self._cold.images.inspect(image_type(type_), name, tag))

    @contextmanager
    def export(self, names: Sequence[tuple[str, str]], format_: str) -> Iterator[tuple[int | None, Iterator[bytes]]]:
        with self._cold.images.archive(names, ArchiveFormat(format_)) as archive:
            yield archive.size, archive.chunks()

    @contextmanager
    def export_lxc(self, name: str, tag: str) -> Iterator[tuple[int | None, Iterator[bytes]]]:
        with self._cold.images.lxc_archive(name) as archive:
            yield archive.size, archive.chunks()

    def load(self, content: Iterator[bytes], path: Path | None, name: str, platform: str) -> Iterator[Iterator[Json]]:
        from imagedepot.cli.backend.local_load import load

        return load(self._cold, content, path, name, platform)

    @audited("image.give", image)
    def load_into(self, name: str, tag: str, engine: str) -> Iterator[Json]:
        # Late: for this command alone.
        from imagedepot.cli.backend.local_load import load_into

        return load_into(self._cold, name, tag, engine)

    def tags(self, name: str, is_official: bool) -> Json:
        found = self._cold.images.tags(name)
        if found.gap:
            note(found.gap)
        from imagedepot.wire.v1.images.tags import Tags

        return plain(Tags.of(found))

    @audited("download.add", lambda _, __, *named: image(*named))
    def pull(self, depot: str, type_: str, name: str, tag: str, body: Mapping[str, str]) -> Iterator[Json]:
        # Late: what downloads, and the HTTP client beneath it, is for this command alone.
        from imagedepot.cli.backend.local_download import download

        depots, platform = self._cold.upstreams.depots, body.get("platform", "")
        request = image_request(depots, depot_id(depot, depots), image_type(type_), name, tag, platform)
        return download(self._cold, request)

    @audited("image.remove", second)
    def remove(self, type_: str, name: str) -> Json:
        kind = image_type(type_)
        wanted, tag = installed_name(kind, name)
        if wanted.startswith(f"{OWN_HOST}/") and self._has_database:
            _ = self._records  # which updates the repository
        self._cold.images.remove(kind, wanted, tag)
        return plain(Removed(type=kind, name=wanted if tag is None else name))

    def stores(self) -> Json:
        return self._stores.now()

    @audited("store.choose", first)
    def use_store(self, type_: str, setting: str, images: str) -> Json:
        return self._stores.use(type_, setting, images)

    @audited("store.images", first)
    def decide_images(self, type_: str, store: str, images: str) -> Json:
        return self._stores.decide(type_, store, images)

    @audited("store.stop", first)
    def stop_store_work(self, type_: str) -> Json:
        return self._stores.stop(type_)

    @cached_property
    def _stores(self) -> LocalStores:
        from imagedepot.cli.backend.local_stores import LocalStores

        return self._stack.enter_context(closing(LocalStores(self._cold)))

    @audited("space.verify")
    def verify(self, repair: bool, slice_: str) -> Json:
        return self._space.verify(repair, slice_)

    @audited("space.clean_up")
    def clean_up(self, unfinished: bool, unnamed: bool = False) -> Json:
        """Clean up. Partial files of the service's downloads are kept, those of commands unless `unfinished`."""
        return self._space.clean_up(unfinished, unnamed)

    def space(self) -> Json:
        return self._space.usage()

    @property
    def _space(self) -> LocalSpace:
        # Late: a cold `pull` waits for no module that it does not need.
        from imagedepot.cli.backend.local_space import LocalSpace

        return LocalSpace(self._cold, self._records if self._has_database else None)

    def updates(self) -> Json:
        return self._updates.all()

    @audited("updates.check")
    def check_updates(self, images: Sequence[Json] = ()) -> Json:
        return self._updates.check(images)

    @audited("updates.download")
    def update(self, images: Sequence[Json]) -> Iterator[Iterator[Json]]:
        return self._updates.update(images)

    def update_rules(self) -> list[Json]:
        return self._updates.rules()

    @audited("updates.put_rule", first)
    def put_update_rule(self, pattern: str, rule: Json) -> Json:
        return self._updates.put_rule(pattern, rule)

    @audited("updates.remove_rule", first)
    def remove_update_rule(self, pattern: str) -> None:
        self._updates.remove_rule(pattern)

    def preview_updates(self, rule: Json | None = None) -> list[Json]:
        return self._updates.preview(rule)

    def limits(self) -> Json:
        return plain(Limits.of(self._cold.upstreams.registry.limits.snapshot()))

    def mirror(self) -> Json:
        return self._records.mirror()

    def mirror_images(self, page: int, limit: int) -> Json:
        return self._records.mirror_images(page, limit)

    @audited("mirror.keep", image)
    def keep_mirrored(self, name: str, tag: str) -> Json:
        return self._records.keep_mirrored(name, tag)

    @audited("mirror.drop", image)
    def drop_mirrored(self, name: str, tag: str) -> None:
        self._records.drop_mirrored(name, tag)

    def client_config(self, client: str, address: str) -> Json:
        from imagedepot.service.client_config import Client
        from imagedepot.wire.v1.clients import ClientConfig
        from imagedepot.wiring.served.clients import open_client_configs

        database = place_of(self._cold.settings)
        configs = open_client_configs(self._cold.in_force, lambda: has_stored_users(database))
        return plain(ClientConfig.of(configs.write(Client(client), address)))

    def registries(self) -> list[Json]:
        logins = self._cold.upstreams.logins
        for trouble in logins.troubles():
            note(trouble)
        return [plain(Registry.of(host, login)) for host, login in logins.logins()]

    @audited("registry.login", first)
    def log_in(self, host: str, username: str, password: str) -> None:
        self._cold.upstreams.logins.log_in(host, username, password)

    @audited("registry.logout", first)
    def log_out(self, host: str) -> None:
        self._cold.upstreams.logins.log_out(host)

    def lxc_files(self, name: str, tag: str) -> Json:
        return plain(LxcFiles.of(self._cold.images.lxc_files(name)))

    def catalogs(self) -> list[Json]:
        return [plain(Catalog.of(each)) for each in self._catalogs.all()]

    @audited("catalog.add", first)
    def add_catalog(self, address: str) -> list[Json]:
        return [plain(Catalog.of(each)) for each in self._catalogs.add(address)]

    @audited("catalog.remove", first)
    def remove_catalog(self, address: str) -> list[Json]:
        return [plain(Catalog.of(each)) for each in self._catalogs.remove(address)]

    @audited("catalog.refresh")
    def refresh_catalogs(self) -> list[Json]:
        return [plain(Catalog.of(each)) for each in self._catalogs.refresh()]

    def downloads(self) -> list[Json]:
        return self._records.downloads()

    def find_download(self, id_: str) -> Json:
        return self._records.download(id_)

    @audited("download.remove", first)
    def end_download(self, id_: str) -> Json:
        return self._records.end(id_)

    @audited("download.retry", first)
    def retry_download(self, id_: str) -> Json:
        return self._records.retry(id_)

    @audited("download.move", first)
    def move_download(self, id_: str, place: int) -> Json:
        return self._records.move(id_, place)

    def audit(self, query: Mapping[str, str], limit: int) -> list[Json]:
        return self._records.audit(query, limit)

    def users(self) -> list[Json]:
        return self._records.users()

    @audited("user.add", first)
    def add_user(self, username: str, password: str, role: Role) -> Json:
        return self._records.add_user(username, password, role)

    @audited("user.change", first)
    def change_role(self, username: str, role: Role) -> Json:
        return self._records.change_role(username, role)

    @audited("user.change", first)
    def change_password(self, username: str, password: str) -> Json:
        return self._records.change_password(username, password)

    @audited("user.remove", first)
    def remove_user(self, username: str) -> None:
        self._records.remove_user(username)

    def tokens(self) -> list[Json]:
        return self._records.tokens()

    @audited("token.add", first)
    def add_token(
        self,
        name: str,
        scopes: Sequence[Scope],
        repositories: Sequence[str],
        expires: datetime | None,
        user: str | None,
    ) -> Json:
        return self._records.add_token(name, scopes, repositories, expires, user)

    @audited("token.remove", first)
    def remove_token(self, id_: str) -> None:
        self._records.remove_token(id_)

    def sessions(self) -> list[Json]:
        return self._records.sessions()

    @audited("session.end", first)
    def end_session(self, id_: str) -> None:
        self._records.end_session(id_)

    def notification_channels(self) -> list[Json]:
        return self._records.notification_channels()

    @audited("notification.add", first)
    def add_notification_channel(self, name: str, target: Target, events: Sequence[Event]) -> Json:
        return self._records.add_notification_channel(name, target, events)

    @audited("notification.remove", first)
    def remove_notification_channel(self, id_: str) -> None:
        self._records.remove_notification_channel(id_)

    @audited("notification.test", first)
    def test_notification_channel(self, id_: str) -> None:
        self._records.test_notification_channel(id_)

    def _local(self, query: ListQuery) -> list[Json]:
        """The rows of every store that answers. Raises `StoreUnavailable` when none does."""
        found, away = snapshots(self._cold.images.local, [each for each in ImageType if query.type in (None, each)])
        for each in away:
            note(str(each))
        rows = [
            local_row(row, frozenset(), self._icon_url)
            for row in rows_of(found.get(ImageType.LXC, ()), found.get(ImageType.DOCKER, ()))
        ]
        if query.by_relevance and query.filter_text.strip():
            from imagedepot.service.finding.relevance import Texts, ranked

            rows = ranked(rows, query.filter_text, lambda row: Texts(row.name, row.name, row.description))
            return [plain(row) for row in rows]
        return [plain(row) for row in rows if query.matches(row.name, row.description)]

    def _needed(self) -> Collection[Digest]:
        """What downloads of an earlier service have fetched: no clean-up may delete it."""
        return self._records.needed() if self._has_database else ()

    @property
    def _has_database(self) -> bool:
        """Whether there is a database. A clean-up must work on a full disk, so it makes none."""
        return has_database(self._cold.settings)

    def _icon_url(self, icon: str) -> str:
        """The address of our own copy of an icon, which is the same as in the service.

        The catalogs are loaded for an address that was never learned.
        """
        return (self._cold.icons.url(icon) or self._taught_icons.url(icon)) if icon else ""

    @cached_property
    def _taught_icons(self) -> Icons:
        from imagedepot.wiring.icons import teach_icons

        teach_icons(self._cold)
        return self._cold.icons

    @cached_property
    def _catalogs(self) -> CatalogService:
        from imagedepot.service.catalogs import CatalogService

        catalogs = self._cold.upstreams.catalogs
        catalogs.complete()  # they have not been fetched before
        return CatalogService(catalogs, lambda text: self._records.put_catalogs(text, catalogs.put))

    @cached_property
    def _updates(self) -> LocalUpdates:
        from imagedepot.cli.backend.local_updates import LocalUpdates

        return self._stack.enter_context(LocalUpdates.opened(self._cold))

    @cached_property
    def _records(self) -> Records:
        # Late: only a few commands need a database, and it takes 240 ms to import.
        from imagedepot.cli.backend.records import Records

        return self._stack.enter_context(Records.opened(self._cold))
