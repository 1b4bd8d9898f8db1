"""The REST API's calls by name (`docs/api.md`). Answers are the API's own JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from imagedepot.client.connection import Connection, Json
from imagedepot.model.access.role import Role
from imagedepot.model.access.scope import Scope
from imagedepot.model.image import ImageType, titled
from imagedepot.model.notices.happening import Event
from imagedepot.model.notices.notification import Target


class Client:
    """Every method raises the `DepotError` that the service reports, with the service's sentence."""

    def __init__(self, data_dir: Path, warned: Callable[[str, str], None] = lambda *_: None) -> None:
        """`warned` is called with the code and the text of each `Warning` header."""
        self._connection = Connection(data_dir, warned)

    def is_answered(self) -> bool:
        """Whether a service listens on the data folder."""
        return self._connection.is_answered()

    def images(
        self, depot: str, type_: str = "", filter_text: str = "", limit: int | None = None, order: str = ""
    ) -> Json:
        """One depot's list. `limit` rows at most; None for all. `order`: "relevance" for the best matches first."""
        query = {"from": depot, "type": type_, "filter_text": filter_text}
        more = {"limit": str(limit) if limit else "", "order": order}
        return self._get("/image/", {**query, **{key: value for key, value in more.items() if value}})

    def inspect(self, type_: str, name: str, tag: str) -> Json:
        return self._get(f"/image/{_path(type_, name, tag)}/inspect")

    @contextmanager
    def export(self, names: Sequence[tuple[str, str]], format_: str) -> Iterator[tuple[int | None, Iterator[bytes]]]:
        """Images, by name and tag, as one archive: its length where that is known, and its bytes."""
        query = [("format", format_), *(("name", titled(ImageType.DOCKER, *each)) for each in names)]
        with self._connection.stream("/images/export", query) as streamed:
            yield streamed

    @contextmanager
    def export_lxc(self, name: str, tag: str) -> Iterator[tuple[int | None, Iterator[bytes]]]:
        """An LXC image as a unified tarball, as `export`."""
        with self._connection.stream(f"/image/lxc/{_path(name, tag)}/export", ()) as streamed:
            yield streamed

    def start_load(self, content: Iterable[bytes], name: str, platform: str) -> list[str]:
        """Load an archive; the ids of its downloads, for `find_download`."""
        query = {"name": name, "platform": platform}
        ids: list[str] = self._connection.upload("/images/import", query, content)["downloads"]
        return ids

    def start_engine_load(self, name: str, tag: str, engine: str) -> Json:
        """Begin to load an image into an engine."""
        row: Json = self._connection.call("POST", f"/image/docker/{_path(name, tag)}/load", {"engine": engine})
        return row

    def find_engine_load(self, id_: str) -> Json:
        return self._get(f"/engine-loads/{_path(id_)}")

    def end_engine_load(self, id_: str) -> Json:
        return self._delete(f"/engine-loads/{_path(id_)}")

    def tags(self, name: str, is_official: bool) -> Json:
        return self._get(f"/image/dockerhub/docker/{int(is_official)}/{_path(name)}/tags")

    def download(self, depot: str, type_: str, name: str, tag: str, body: Mapping[str, str]) -> str:
        """Ask for an image; the id of its download, for `find_download`."""
        return self._connection.create(f"/image/{_path(depot, type_, name, tag)}/download", dict(body))

    def remove(self, type_: str, name: str) -> Json:
        """Remove all of a repository, or the one tag of `name:tag`."""
        return self._delete(f"/image/local/{_path(type_, name)}")

    def lxc_files(self, name: str, tag: str) -> Json:
        return self._get(f"/image/lxc/{_path(name, tag)}/files")

    def downloads(self) -> list[Json]:
        """The downloads, newest first, ended ones included."""
        rows: list[Json] = self._connection.call("GET", "/downloads")
        return rows

    def find_download(self, id_: str) -> Json:
        return self._get(f"/downloads/{_path(id_)}")

    def end_download(self, id_: str) -> Json:
        """Cancel a download, or remove one that has ended from the list."""
        return self._delete(f"/downloads/{_path(id_)}")

    def retry_download(self, id_: str) -> Json:
        row: Json = self._connection.call("POST", f"/downloads/{_path(id_)}/retry")
        return row

    def move_download(self, id_: str, place: int) -> Json:
        row: Json = self._connection.call("POST", f"/downloads/{_path(id_)}/move", {"place": place})
        return row

    def verify(self, repair: bool, slice_: str) -> Json:
        answer: Json = self._connection.call("POST", "/space/verify", {"repair": repair, "slice": slice_})
        return answer

    def clean_up(self, unfinished: bool, unnamed: bool = False) -> Json:
        answer: Json = self._connection.call("POST", "/space/cleanup", {"unfinished": unfinished, "unnamed": unnamed})
        return answer

    def space(self) -> Json:
        return self._get("/space")

    def stores(self) -> Json:
        return self._get("/stores")

    def use_store(self, type_: str, setting: str, images: str) -> Json:
        """`images`: `keep`, `move`, `remove` or `leave`, for those in the store that is chosen now."""
        answer: Json = self._connection.call("PUT", f"/stores/{_path(type_)}", {"setting": setting, "images": images})
        return answer

    def decide_images(self, type_: str, store: str, images: str) -> Json:
        """The same for those in a store that takes no new ones."""
        answer: Json = self._connection.call("POST", f"/stores/{_path(type_)}/work", {"store": store, "images": images})
        return answer

    def stop_store_work(self, type_: str) -> Json:
        answer: Json = self._connection.call("DELETE", f"/stores/{_path(type_)}/work")
        return answer

    def client_config(self, client: str, address: str) -> Json:
        """The files that make `client` pull through the service; `address` may be empty."""
        return self._get(f"/mirror/config/{_path(client)}", {"address": address} if address else {})

    def mirror(self) -> Json:
        return self._get("/mirror")

    def mirror_images(self, page: int, limit: int) -> Json:
        return self._get("/mirror/images", {"page": str(page), "limit": str(limit)})

    def keep_mirrored(self, name: str, tag: str) -> Json:
        row: Json = self._connection.call("POST", f"/mirror/images/{_path(name, tag)}/keep")
        return row

    def drop_mirrored(self, name: str, tag: str) -> None:
        self._delete(f"/mirror/images/{_path(name, tag)}")

    def updates(self) -> Json:
        return self._get("/updates")

    def check_updates(self, images: Sequence[Json] = ()) -> Json:
        """`images` by type, name and tag; none is named for all of them."""
        answer: Json = self._connection.call("POST", "/updates/check", {"images": list(images)})
        return answer

    def start_updates(self, images: Sequence[Json] = ()) -> Sequence[str]:
        """The ids of the downloads that bring the updates."""
        ids: list[str] = self._connection.call("POST", "/updates/download", {"images": list(images)})["downloads"]
        return ids

    def update_rules(self) -> list[Json]:
        rows: list[Json] = self._get("/updates/rules")["results"]
        return rows

    def put_update_rule(self, pattern: str, rule: Json) -> Json:
        row: Json = self._connection.call("PUT", f"/updates/rules/{_path(pattern)}", rule)
        return row

    def remove_update_rule(self, pattern: str) -> None:
        self._delete(f"/updates/rules/{_path(pattern)}")

    def preview_updates(self, rule: Json | None = None) -> list[Json]:
        """What the rules would do now, with `rule` added if there is one."""
        rows: list[Json] = self._connection.call("POST", "/updates/preview", rule or {})["results"]
        return rows

    def limits(self) -> Json:
        return self._get("/limits")

    def audit(self, query: Mapping[str, str], limit: int) -> list[Json]:
        """The newest events of the audit trail that fit, newest first."""
        rows: list[Json] = self._connection.call("GET", "/audit", query={**query, "limit": str(limit)})
        return rows

    def users(self) -> list[Json]:
        rows: list[Json] = self._connection.call("GET", "/users")
        return rows

    def add_user(self, username: str, password: str, role: Role) -> Json:
        body = {"username": username, "password": password, "role": role.value}
        row: Json = self._connection.call("POST", "/users", body)
        return row

    def change_role(self, username: str, role: Role) -> Json:
        row: Json = self._connection.call("PATCH", f"/users/{_path(username)}", {"role": role.value})
        return row

    def change_password(self, username: str, password: str) -> Json:
        row: Json = self._connection.call("PATCH", f"/users/{_path(username)}", {"password": password})
        return row

    def remove_user(self, username: str) -> None:
        self._delete(f"/users/{_path(username)}")

    def tokens(self) -> list[Json]:
        rows: list[Json] = self._connection.call("GET", "/tokens")
        return rows

    def add_token(
        self,
        name: str,
        scopes: Sequence[Scope],
        repositories: Sequence[str],
        expires: datetime | None,
        user: str | None,
    ) -> Json:
        body = {
            "name": name,
            "scopes": list(scopes),
            "repositories": list(repositories),
            "expires": expires.isoformat() if expires else None,
            "username": user,
        }
        row: Json = self._connection.call("POST", "/tokens", body)
        return row

    def remove_token(self, id_: str) -> None:
        self._delete(f"/tokens/{_path(id_)}")

    def sessions(self) -> list[Json]:
        """The sessions that are open, the latest login first."""
        rows: list[Json] = self._connection.call("GET", "/sessions")
        return rows

    def end_session(self, id_: str) -> None:
        self._delete(f"/sessions/{_path(id_)}")

    def notification_channels(self) -> list[Json]:
        rows: list[Json] = self._connection.call("GET", "/notifications")
        return rows

    def add_notification_channel(self, name: str, target: Target, events: Sequence[Event]) -> Json:
        body = {
            "name": name,
            "kind": target.kind.value,
            "address": target.address,
            "username": target.username,
            "secret": target.secret,
            "sender": target.sender,
            "recipients": list(target.recipients),
            "events": [each.value for each in events],
        }
        row: Json = self._connection.call("POST", "/notifications", body)
        return row

    def remove_notification_channel(self, id_: str) -> None:
        self._delete(f"/notifications/{_path(id_)}")

    def test_notification_channel(self, id_: str) -> None:
        self._connection.call("POST", f"/notifications/{_path(id_)}/test")

    def settings(self) -> list[Json]:
        rows: list[Json] = self._connection.call("GET", "/settings")
        return rows

    def reset_setting(self, name: str) -> Json:
        return self._delete(f"/settings/{_path(name)}")

    def reset_settings(self) -> list[Json]:
        rows: list[Json] = self._connection.call("DELETE", "/settings")
        return rows

    def catalogs(self) -> list[Json]:
        rows: list[Json] = self._connection.call("GET", "/catalogs")
        return rows

    def add_catalog(self, address: str) -> list[Json]:
        rows: list[Json] = self._connection.call("POST", "/catalogs", {"address": address})
        return rows

    def remove_catalog(self, address: str) -> list[Json]:
        rows: list[Json] = self._connection.call("DELETE", "/catalogs", query={"address": address})
        return rows

    def refresh_catalogs(self) -> list[Json]:
        rows: list[Json] = self._connection.call("POST", "/catalogs/refresh")
        return rows

    def registries(self) -> list[Json]:
        rows: list[Json] = self._connection.call("GET", "/registries")
        return rows

    def log_in(self, host: str, username: str, password: str) -> None:
        body = {"username": username, "password": password}
        self._connection.call("PUT", f"/registries/{_path(host)}", body)

    def log_out(self, host: str) -> None:
        self._delete(f"/registries/{_path(host)}")

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> Json:
        answer: Json = self._connection.call("GET", path, query=query)
        return answer

    def _delete(self, path: str) -> Json:
        answer: Any = self._connection.call("DELETE", path)
        return answer if isinstance(answer, dict) else {}


def _path(*parts: str) -> str:
    """Names hold `/`, and registry hosts `:`; everything else that is special in a path is escaped."""
    return "/".join(quote(part, safe="/:@") for part in parts)
