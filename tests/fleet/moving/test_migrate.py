"""A depot moves from a folder into a bucket and PostgreSQL, and back, as a whole, and is served from there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from imagedepot.cli.main import run
from imagedepot.config import Settings, load
from imagedepot.content.backends.s3.bucket import Bucket
from imagedepot.database.stored import stored_settings
from imagedepot.errors import Conflict, DataFolderBusy, InvalidSetting, StorageFailure
from imagedepot.files.locks import data_dir_lock
from imagedepot.migration.blobs import Moving
from imagedepot.model.digest import Digest
from imagedepot.model.names.postgres_address import PostgresAddress
from imagedepot.model.names.s3_address import S3Address
from imagedepot.wiring.cold import open_cold
from imagedepot.wiring.database import place_of
from imagedepot.wiring.migration import look, migrate, target_settings
from tests.api.face import Face
from tests.fleet.faulty_proxy import FaultyProxy
from tests.ground.images import push_image, random_layer
from tests.ground.postgres import Cluster
from tests.ground.registry import DockerRegistry
from tests.registry.asking import ask
from tests.registry.test_access import basic
from tests.registry.test_push import CONTENT, image, put, send

NOBODY = "http://127.0.0.1:9"
LARGE = os.urandom(40_000_000)  # three parts
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, docker_registry: DockerRegistry) -> Path:
    """A data folder with images that were pushed and pulled, a blob of many parts, a user, a token, a setting."""
    folder = tmp_path_factory.mktemp("template")
    data = folder / "data"
    push_image(docker_registry.url, "lab/app", "1", [random_layer(50_000), random_layer(60_000)])
    with Face(data, registry_url=docker_registry.url, hub_url=NOBODY) as face:
        assert face.download("dockerhub/docker/lab/app/1")["status"] == "done"
        pushed = image(face)
        send(face, LARGE)
        assert put(face, "1", pushed).status == 201
        face.call("PUT", "/settings/IMAGEDEPOT_BANDWIDTH", {"value": "20MB/s"})
    (folder / "password").write_text(PASSWORD)
    assert run(["--data-dir", str(data), "user", "add", "ada", "--password-file", f"{folder}/password"]) == 0
    return data


@pytest.fixture
def source(template: Path, tmp_path: Path) -> Settings:
    shutil.copytree(template, tmp_path / "source")
    return settings_of(tmp_path / "source")


@pytest.fixture
def proxy(address: S3Address) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(address.endpoint).start()
    yield proxy
    proxy.stop()


@pytest.fixture
def target(tmp_path: Path, address: S3Address, cluster: Cluster, proxy: FaultyProxy) -> Settings:
    return fleet(tmp_path / "target", replace(address, endpoint=proxy.endpoint), cluster.make_database())


def settings_of(data: Path, blobs: str = "", database: str = "") -> Settings:
    named = {"DATA_DIR": str(data), "BLOBS": blobs, "DATABASE": database, "HUB_URL": NOBODY, "REGISTRY_URL": NOBODY}
    return load({f"IMAGEDEPOT_{name}": text for name, text in named.items() if text}, environment={}, files=())


def fleet(data: Path, address: S3Address, database: PostgresAddress) -> Settings:
    return target_settings(data, text_of(address), database.uri, None)


def text_of(address: S3Address) -> str:
    return f"s3://{address.bucket}/{address.prefix}?endpoint={address.endpoint}&region=us-east-1"


def files(data: Path) -> dict[str, str]:
    found = [Path(folder, name) for folder, _, names in os.walk(data) for name in names]
    kept = [path for path in found if path.name not in ("lock", "spare") and not path.name.endswith(("-wal", "-shm"))]
    return {str(path.relative_to(data)): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def listed(data: Path) -> list[str]:
    """The lines of the list of images, in any order."""
    rows = json.loads((data / "content/index.json").read_bytes())["manifests"]
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def blobs_put(proxy: FaultyProxy) -> list[str]:
    """The requests by which blobs, or parts of them, were stored."""
    return [
        each for each in proxy.seen if each.startswith("PUT ") and ("/blobs/sha256/" in each or "/uploads/" in each)
    ]


def check_served(settings: Settings) -> None:
    """What the template has is served, whole, to those who may have it."""
    flags = {
        "blobs": text_of(settings.blobs) if settings.blobs else "",
        "database": settings.database.uri if settings.database else "",
    }
    named = {name: text for name, text in flags.items() if text}
    named["bandwidth"] = stored_settings(place_of(settings))["IMAGEDEPOT_BANDWIDTH"]  # as a start reads it
    with Face(settings.data_dir, registry_url=NOBODY, hub_url=NOBODY, **named) as face:
        assert face.call("GET", "/users").status == 401
        login = basic("ada", PASSWORD)
        assert ask(face, "team/app/blobs/uploads/", "POST", b"").status == 401
        assert ask(face, "team/app/blobs/uploads/", "POST", b"", Authorization=login).status == 202
        manifest = ask(face, "team/app/manifests/1", Authorization=login)
        assert manifest.status == 200
        for content in (LARGE, CONTENT):
            assert ask(face, f"team/app/blobs/{Digest.of(content)}", Authorization=login).content == content
        pulled = ask(face, "lab/app/manifests/1", Authorization=login)
        assert pulled.status == 200
        for layer in pulled.json["layers"]:
            blob = ask(face, f"lab/app/blobs/{layer['digest']}", Authorization=login).content
            assert str(Digest.of(blob)) == layer["digest"]
        assert face.services.repair.verify(repair=False).problems == ()
        assert face.services.in_force.now.bandwidth == 20_000_000


def test_a_depot_moves_into_a_fleet_and_back_and_is_served_at_each_place(
    source: Settings, target: Settings, tmp_path: Path
) -> None:
    before = files(source.data_dir)
    there = migrate(source, target)
    assert files(source.data_dir) == before
    assert there.state is not None
    assert (there.state.images, there.state.rows["users"], there.state.rows["pushed_tags"]) == (2, 1, 1)
    assert there.blobs.files == there.blobs.all_files == there.blobs.copied > 8
    assert not (target.data_dir / "imagedepot.db").exists()
    check_served(target)

    back = migrate(target, settings_of(tmp_path / "back"))
    assert (back.blobs.files, back.blobs.damaged) == (there.blobs.files, [])
    again = files(tmp_path / "back")
    written_anew = {"imagedepot.db", "content/index.json", "content/index.json.bak"}
    both = (set(before) & set(again)) - written_anew
    assert {name: again[name] for name in both} == {name: before[name] for name in both}
    assert listed(tmp_path / "back") == listed(source.data_dir)
    assert {"content/index.json", "imagedepot.db"} <= set(again)
    assert not {"bucket.json", "database.json"} & set(again)
    check_served(settings_of(tmp_path / "back"))


def test_blobs_go_ahead_while_the_service_runs_and_are_not_copied_again(
    source: Settings, target: Settings, proxy: FaultyProxy
) -> None:
    with data_dir_lock(source.data_dir):  # as a service holds it
        ahead = migrate(source, target, blobs_only=True)
        with pytest.raises(DataFolderBusy):
            migrate(source, target)
    assert ahead.state is None
    with (
        pytest.raises(Conflict, match=r"A migration into .* has not ended: run it again, and it goes on"),
        open_cold(target),
    ):
        pass
    proxy.seen.clear()
    done = migrate(source, target)
    assert (done.blobs.copied, blobs_put(proxy)) == (0, [])
    assert [each for each in proxy.seen if each.startswith("GET ") and "/blobs/sha256/" in each] == []
    check_served(target)


def test_a_dry_run_changes_nothing_anywhere(source: Settings, target: Settings, proxy: FaultyProxy) -> None:
    before = files(source.data_dir)
    planned = look(source, target)
    assert planned.files > 8
    assert planned.bytes == planned.lacking > len(LARGE)
    assert not target.data_dir.exists()
    assert files(source.data_dir) == before
    assert {each.split()[0] for each in proxy.seen} == {"GET"}


def test_a_blob_that_is_damaged_at_the_source_is_left_out_and_named(source: Settings, target: Settings) -> None:
    blob = source.data_dir / "content/blobs/sha256" / Digest.of(CONTENT).hex
    blob.write_bytes(b"x" + CONTENT[1:])
    done = migrate(source, target)
    assert done.blobs.damaged == [Digest.of(CONTENT)]
    assert done.blobs.files == done.blobs.all_files - 1


def test_bytes_that_are_wrong_at_the_target_are_written_again(source: Settings, target: Settings) -> None:
    assert target.blobs is not None
    migrate(source, target, blobs_only=True)
    bucket = Bucket(target.blobs)
    name = f"blobs/sha256/{Digest.of(CONTENT).hex}"
    bucket.put(name, bytes(len(CONTENT)))
    (target.data_dir / "migration/verified").unlink()  # as after a power cut
    assert migrate(source, target).blobs.copied == 1
    check_served(target)


def test_places_that_are_in_use_are_refused_and_left_alone(
    source: Settings, target: Settings, tmp_path: Path, cluster: Cluster, address: S3Address
) -> None:
    used = settings_of(tmp_path / "used")
    used.data_dir.mkdir()
    (used.data_dir / "photo.jpg").touch()
    with pytest.raises(Conflict, match="is not empty: name another one to move to"):
        migrate(source, used)
    with pytest.raises(InvalidSetting, match="is the data folder that is to be moved"):
        migrate(source, source)
    migrate(source, target)
    with pytest.raises(Conflict, match="is not empty"):
        migrate(source, target)
    assert target.database is not None
    with pytest.raises(InvalidSetting, match="holds the blobs of another data folder"):
        migrate(source, fleet(tmp_path / "one", address, cluster.make_database()))
    with pytest.raises(Conflict, match=r"has rows already \(.*\): name an empty one"):
        migrate(source, target_settings(tmp_path / "two", "", target.database.uri, None))
    other = settings_of(tmp_path / "other")
    with pytest.raises(InvalidSetting, match="is another database than that of"):
        migrate(settings_of(target.data_dir, text_of(address), cluster.make_database().uri), other)
    migrate(source, settings_of(tmp_path / "ahead"), blobs_only=True)
    with pytest.raises(Conflict, match=r"A migration of .*source into .*ahead has not ended"):
        migrate(target, settings_of(tmp_path / "ahead"))


def test_the_command_tells_what_it_did_and_how_to_go_on(
    source: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["--data-dir", str(source.data_dir), "migrate", "--to", str(tmp_path / "new")]
    assert run([*line, "--dry-run"]) == 0
    assert "Would move " in capsys.readouterr().out
    assert not (tmp_path / "new").exists()
    assert run([*line, "--blobs-only"]) == 0
    assert "stop the service, and run it again without --blobs-only" in capsys.readouterr().out
    assert run(["--data-dir", str(tmp_path / "new"), "list"]) == 4
    assert "has not ended: run it again" in capsys.readouterr().err
    assert run(line) == 0
    told = capsys.readouterr().out
    assert "Moved 2 images; rows: " in told
    assert f"Start the service with IMAGEDEPOT_DATA_DIR={tmp_path / 'new'}\n" in told
    assert run([*line, "--json"]) == 4
    assert run(["--data-dir", str(source.data_dir), "migrate", "--to", str(tmp_path / "x"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == 2


def test_a_target_that_is_away_is_a_sentence_and_the_next_run_goes_on(
    source: Settings, target: Settings, cluster: Cluster
) -> None:
    seen: list[int] = []

    def stop_rows(moving: Moving) -> None:
        seen.append(moving.files)
        if len(seen) == moving.all_files:
            cluster.stop()

    try:
        with pytest.raises(StorageFailure, match="cannot be used now"):
            migrate(source, target, progress=stop_rows)
    finally:
        cluster.start()
    assert migrate(source, target).blobs.copied == 0
    check_served(target)
