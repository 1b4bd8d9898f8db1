"""One stored value that cannot be read or shown costs that one thing: the service starts, lists and cleans up on it."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagedepot.api.http.answers import encoded
from imagedepot.api.http.caller import COOKIE
from imagedepot.config import load
from imagedepot.content.backends.local import BlobStore
from imagedepot.content.index.oci_layout import Layout
from imagedepot.content.unfinished import Unfinished
from imagedepot.database.connection import Database
from imagedepot.database.rows.downloads import DownloadRows
from imagedepot.database.rows.settings import SettingRows
from imagedepot.database.rows.users import UserRows
from imagedepot.database.stored import DATABASE, stored_settings
from imagedepot.depots.official_memory import OfficialMemory
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.digest import Digest
from imagedepot.model.download import DownloadStatus, Part
from imagedepot.model.image import ImageRequest, ImageType, RemoteFile, ResolvedLxc
from imagedepot.model.limits import Limits
from imagedepot.protocols.rows import StoredSession, StoredUser
from imagedepot.remote.catalogs.cache import CatalogCache
from imagedepot.remote.catalogs.documents import Document, Fetched
from imagedepot.remote.http.address import AddressSource
from imagedepot.remote.hub.rows import HubImage
from imagedepot.remote.oci.limits_file import LimitsFile
from imagedepot.stores.embedded.lxc import EmbeddedLxcStore
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from imagedepot.wire.v1.images.listing import local_row, rows_of
from tests.api.conftest import NOBODY
from tests.api.face import Face
from tests.stores.kits import LxcKit, OciKit

NOON = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
CATALOG = "http://127.0.0.1:9/catalog.json"
ROWS = b'{"imagedepot": 1, "title": "Lab", "images": [{"image": "lab/listed:1", "title": "Listed"}]}'
ODD: list[Any] = [
    None,
    True,
    -1,
    1 << 62,
    1.5,
    1e308,
    "",
    "x",
    "é\x00\n" * 50,
    "0001-01-01T00:00:00+01:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-01:00",
    "9999-12-31T23:59:59Z",
    "2026-13-45T00:00:00Z",
    "sha256:" + "zz" * 32,
    "sha256:" + "ab" * 32,
    [],
    {},
    [[[{}]]],
]
ODD_CELLS: list[Any] = [
    *(value for value in ODD if not isinstance(value, list | dict | bool)),
    b"\xff\xfe",
    float("inf"),
]

# Files and where in them the things lie of which one may be lost, but no other.
FILES = {
    "content/index.json": ("manifests", 0),
    "lxc/index.json": ("images", 0),
    "cache/official.json": (),
    "cache/limits.json": (),
    "catalog": (),
}
COLUMNS = {
    "users": ("username", "password", "role", "created"),
    "sessions": ("token", "username", "login", "expires"),
    "settings": ("name", "value"),
    "downloads": ("request", "resolved", "status", "created", "ended", "error", "warning", "parts"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two of everything: the first may be damaged, the second must stay."""
    folder = tmp_path_factory.mktemp("whole")
    docker = OciKit(folder, lambda blobs: EmbeddedOciStore(blobs, Layout(blobs.layout)))
    docker.bring("lab/first:1", b"one")
    docker.bring("lab/second:1", b"two")
    lxc = LxcKit(folder, lambda blobs: EmbeddedLxcStore(blobs, folder / "lxc", DiskSpace(folder)))
    lxc.add("lab/a-first")
    lxc.add("lab/b-second")
    _fill_cache(folder)
    _fill_database(folder)
    return folder


def _fill_cache(folder: Path) -> None:
    cache = folder / "cache"
    OfficialMemory(cache / "official.json").save([HubImage("redis", "d", "", True, 1, 2, ("c",))], NOON)
    LimitsFile(cache / "limits.json").save(Limits(100, 7, 3600, datetime.now(UTC) + timedelta(hours=1), "1.2.3.4"))
    document = Document(CATALOG, ROWS, '"etag"', "")
    CatalogCache(cache / "catalogs").write(CATALOG, Fetched((document,), AddressSource.parse("")), NOON)
    (cache / "icons").mkdir()
    (cache / "icons/named").write_text("https public https://icons.example/a.png\n")
    Unfinished(folder / "unfinished").note("an image", ["sha256-" + "ab" * 32])


def _fill_database(folder: Path) -> None:
    database = Database(folder / DATABASE)
    users, downloads = UserRows(database), DownloadRows(database)
    for name in ("ada", "bob"):
        users.put(StoredUser(username=name, password="$argon2id$none", role="administrator", created=NOON))
        expires = datetime.now(UTC) + timedelta(days=1)
        token = hashlib.sha256(name.encode()).hexdigest()
        users.put_session(StoredSession(token=token, username=name, login=NOON, expires=expires))
    SettingRows(database).put("IMAGEDEPOT_BANDWIDTH", "1MB/s")
    SettingRows(database).put("IMAGEDEPOT_MAX_DOWNLOADS", "2")
    request = ImageRequest(DOCKERHUB, ImageType.DOCKER, "lab/away", "1")
    first, second = downloads.add(request, NOON), downloads.add(replace(request, tag="2"), NOON)
    file = RemoteFile("https://127.0.0.1:9/root.tar.xz", 10, Digest.of(b"x"))
    downloads.pin(first.id, ResolvedLxc("lab/away", "amd64", (file,), None, {"os": "lab"}, NOON))
    failed = replace(second, status=DownloadStatus.FAILED, ended=datetime.now(UTC), error="no", sized=True)
    downloads.save(replace(failed, parts=(Part("sha256-" + "cd" * 32, 10, 7),)))
    database.close()


def _places(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of everything in a JSON value."""
    yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from _places(each, (*place, key))


def _places_below(content: bytes, below: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
    return [place for place in _places(json.loads(content)) if place[: len(below)] == below and place != ()]


def _damaged(content: bytes, place: tuple[str | int, ...], odd: Any, gone: bool) -> bytes:
    """JSON with `odd` in one place, or without the value there where that has a key."""
    whole = holder = json.loads(content)
    *outer, last = place
    for key in outer:
        holder = holder[key]
    if gone and isinstance(holder, dict):
        del holder[last]
    else:
        holder[last] = odd
    return json.dumps(whole).encode()


def _check(folder: Path) -> None:
    """Start the service, look at everything, clean up, and find the second of each thing where it was."""
    flags = {"IMAGEDEPOT_DATA_DIR": str(folder)}
    stored = load(flags, environment={}, files=(), runtime=lambda _: stored_settings(folder / DATABASE))
    assert stored.max_downloads == 2
    face = Face(folder, catalogs=CATALOG, **NOBODY)
    face.cookie = f"{COOKIE}=bob"
    with face:
        assert "bob" in [user["username"] for user in face.get("/users")]
        assert "2" in [download["tag"] for download in face.get("/downloads")]
        _look(face)
        face.services.stores.collector.sweep()
        assert face.services.repair.verify(repair=False)
        names = [row["name"] for row in face.get("/image/?from=local")["results"]]
        assert {"lab/second", "lab/b-second"} <= set(names)
        assert face.get("/image/docker/lab/second/1/inspect")["Size"]


def _look(face: Face) -> None:
    """Every list and every detail: an answer that the API document promises, and never an internal error."""
    rows = face.get("/image/?from=local")["results"]
    pages = ["/image/?from=appcenter", "/image/?from=official", "/limits", "/settings", "/catalogs", "/space"]
    for row in rows:
        for tag in row["tags"]:
            pages += [f"/image/{row['type']}/{row['name']}/{tag}/{what}" for what in ("inspect", "layers")]
    for page in pages:
        assert face.call("GET", page).status != 500, page


@settings(max_examples=25)
@given(file=st.sampled_from(sorted(FILES)), choice=st.integers(0, 200), odd=st.sampled_from(ODD), gone=st.booleans())
def test_a_damaged_value_in_a_file_costs_that_one_thing(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, file: str, choice: int, odd: Any, gone: bool
) -> None:
    folder = _copy(whole, tmp_path_factory)
    path = next((folder / "cache/catalogs").glob("*.json")) if file == "catalog" else folder / file
    content = path.read_bytes()
    places = _places_below(content, FILES[file])
    path.write_bytes(_damaged(content, places[choice % len(places)], odd, gone))
    _check(folder)


@pytest.mark.parametrize("file", ["content/index.json", "lxc/index.json"])
def test_every_damaged_value_of_an_index_leaves_the_other_images_and_their_files(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, file: str
) -> None:
    folder = _copy(whole, tmp_path_factory)
    path = folder / file
    content = path.read_bytes()
    blobs = BlobStore(folder)
    needed = set(_opened(file, folder, blobs).roots())
    damages = [(place, odd, False) for place in _places_below(content, FILES[file]) for odd in ODD]
    damages += [(place, None, True) for place in _places_below(content, FILES[file])]
    for damage in damages:
        path.write_bytes(_damaged(content, *damage))
        store = _opened(file, folder, blobs)
        names = [image.title for image in store.images()]
        assert {"lab/second:1", "lab/b-second"} & set(names), damage
        lists = [
            [image for image in store.images() if image.type is type_] for type_ in (ImageType.LXC, ImageType.DOCKER)
        ]
        json.loads(encoded([local_row(row, frozenset(), str) for row in rows_of(*lists)]))
        # A damaged digest may cost the files that it named, but a damaged date, text or number none.
        if not isinstance(_value(content, damage[0]), dict | list) and "digest" not in str(damage[0]):
            assert len(needed - set(store.roots())) <= 1, damage


def _opened(file: str, folder: Path, blobs: BlobStore) -> EmbeddedOciStore | EmbeddedLxcStore:
    if file.startswith("lxc"):
        return EmbeddedLxcStore(blobs, folder / "lxc", DiskSpace(folder))
    return EmbeddedOciStore(blobs, Layout(blobs.layout))


def _value(content: bytes, place: tuple[str | int, ...]) -> Any:
    value = json.loads(content)
    for key in place:
        value = value[key]
    return value


@settings(max_examples=25)
@given(
    column=st.sampled_from([(table, column) for table, columns in COLUMNS.items() for column in columns]),
    odd=st.sampled_from(ODD_CELLS),
    as_text=st.booleans(),
)
def test_a_damaged_cell_in_the_database_costs_that_one_row(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, column: tuple[str, str], odd: Any, as_text: bool
) -> None:
    folder = _copy(whole, tmp_path_factory)
    table, name = column
    value = "CAST(? AS TEXT)" if as_text else "?"
    with closing(sqlite3.connect(folder / DATABASE)) as connection, suppress(sqlite3.IntegrityError), connection:
        connection.execute(
            f"UPDATE {table} SET {name} = {value} WHERE rowid = (SELECT min(rowid) FROM {table})", (odd,)
        )
    _check(folder)


def _copy(whole: Path, factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(whole, factory.mktemp("damaged") / "data"))
