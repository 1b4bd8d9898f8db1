"""A service whose rows are in PostgreSQL works as one with SQLite, also while the database is away, and after."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from imagedepot.config import Settings, load
from imagedepot.database.connection import Database
from imagedepot.errors import InvalidSetting
from imagedepot.model.digest import Digest
from imagedepot.model.names.postgres_address import PostgresAddress
from imagedepot.wiring.cold import open_cold
from imagedepot.wiring.services import open_services
from tests.e2e.service import Service
from tests.fakes.registry import FaultyRegistry
from tests.ground.images import push_image, random_layer
from tests.ground.postgres import PASSWORD, Cluster
from tests.ground.waiting import wait_until
from tests.registry.over_http import Client

OCI = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture
def address(cluster: Cluster) -> PostgresAddress:
    return cluster.make_database()


def described(kind: str, content: bytes) -> dict[str, object]:
    return {"mediaType": kind, "digest": str(Digest.of(content)), "size": len(content)}


def pushed(client: Client, tag: str, layer: bytes) -> bytes:
    """Push an image `team/app`; its manifest."""
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}).encode()
    for blob in (config, layer):
        client.push("team/app", blob)
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": OCI,
            "config": described("application/vnd.oci.image.config.v1+json", config),
            "layers": [described("application/vnd.oci.image.layer.v1.tar", layer)],
        }
    ).encode()
    answer = client.ask("PUT", f"team/app/manifests/{tag}", manifest, Content_Type=OCI)
    assert answer.status == 201, answer.content
    return manifest


def test_a_service_serves_everything_also_after_the_database_was_restarted(
    tmp_path: Path, cluster: Cluster, address: PostgresAddress, faulty_registry: FaultyRegistry
) -> None:
    first, second = random_layer(100_000, 1), random_layer(100_000, 2)
    for name in ("lab/app", "lab/tool"):
        push_image(faulty_registry.upstream.url, name, "1", [random_layer(50_000)])
    data = tmp_path / "data"
    settings = {"registry_url": faulty_registry.url, "hub_url": "http://127.0.0.1:9"}
    with Service(data, database=cluster.over_network(address), **settings) as service:
        client = Client(service.port)
        assert service.download("lab/app", "1")["status"] == "done"
        manifest = pushed(client, "1", first)
        assert client.ask("GET", "lab/tool/manifests/1").status == 200, "through the mirror"
        assert service.call("PUT", "/settings/IMAGEDEPOT_BANDWIDTH", {"value": "20MB/s"})[0] == 200

        cluster.stop()
        answer = client.ask("POST", "team/app/blobs/uploads/", b"")
        assert answer.status == 503, answer.content
        assert f"127.0.0.1:{cluster.port}" in answer.json["errors"][0]["message"]
        status, failed = service.call("POST", "/image/dockerhub/docker/lab/tool/1/download")
        assert (status, failed["error"]["reason"]) == (503, "database_unavailable")
        assert client.ask("GET", f"team/app/blobs/{Digest.of(first)}").content == first, "what is here is served"
        ready = client.ask("GET", "/readyz")
        assert (ready.status, b"database" in ready.content) == (503, True)
        cluster.start()
        wait_until(lambda: client.ask("GET", "/readyz").status == 200)

        assert service.download("lab/tool", "1")["status"] == "done"
        pushed(client, "2", second)
        client.close()
        assert service.stop() == 0

        # Commands alone, then a service again: everything is there.
        password = tmp_path / "password"
        password.write_text("correct horse battery\n")
        service.command("gc")
        rows = json.loads(service.command("downloads", "--json").stdout)
        assert [row["status"] for row in rows] == ["done", "done"]
        listed = json.loads(service.command("settings", "list", "--json").stdout)
        shown = {row["name"]: row["value"] for row in listed}
        assert shown["IMAGEDEPOT_BANDWIDTH"] == "20MB/s"
        service.start()
        client = Client(service.port)
        assert client.ask("GET", "team/app/manifests/1").content == manifest
        for layer in (first, second):
            assert client.ask("GET", f"team/app/blobs/{Digest.of(layer)}").content == layer
        assert sorted(service.names()) == ["depot.internal/team/app", "lab/app", "lab/tool"]
        service.command("user", "add", "ada", "--password-file", str(password))
        assert service.call("GET", "/users")[0] == 401
        client.close()
        assert service.stop() == 0
        assert [row["username"] for row in json.loads(service.command("user", "list", "--json").stdout)] == ["ada"]
        trail = json.loads(service.command("audit", "--json").stdout)
        assert {"user.add", "space.clean_up"} <= {row["action"] for row in trail}
        assert service.command("settings", "reset").stdout == "Reset IMAGEDEPOT_BANDWIDTH\n"
    assert not (data / "imagedepot.db").exists()
    told = service.log.read_text() + json.dumps(listed) + (data / "database.json").read_text()
    assert PASSWORD.replace(" ", "%20") not in told
    assert "…@127.0.0.1" in shown["IMAGEDEPOT_DATABASE"]


def settings_of(data: Path, database: str = "") -> Settings:
    flags = {"IMAGEDEPOT_DATA_DIR": str(data), **({"IMAGEDEPOT_DATABASE": database} if database else {})}
    flags |= {"IMAGEDEPOT_HUB_URL": "http://127.0.0.1:9", "IMAGEDEPOT_REGISTRY_URL": "http://127.0.0.1:9"}
    return load(flags, environment={"HOME": str(data)}, files=())


def opened(data: Path, database: str = "") -> None:
    with open_services(settings_of(data, database)):
        pass


def test_a_folder_and_its_database_stay_together(tmp_path: Path, cluster: Cluster, address: PostgresAddress) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    opened(one, address.uri)
    opened(one, address.uri)
    with pytest.raises(InvalidSetting, match=f"{address} has the rows of another data folder"):
        opened(other, address.uri)
    with pytest.raises(InvalidSetting, match="is another database than that of"):
        opened(one, cluster.make_database().uri)
    with (
        pytest.raises(InvalidSetting, match=f"the rows of {one} are in {address}: without it, there are no users"),
        open_cold(settings_of(one)),
    ):
        pass


def test_a_folder_with_rows_is_not_given_another_database(tmp_path: Path, address: PostgresAddress) -> None:
    tmp_path.joinpath("data").mkdir()
    Database(tmp_path / "data/imagedepot.db").close()
    with pytest.raises(InvalidSetting, match="has rows already"):
        opened(tmp_path / "data", address.uri)


def test_a_start_that_ended_as_it_took_the_database_goes_on(tmp_path: Path, address: PostgresAddress) -> None:
    data = tmp_path / "data"
    opened(data, address.uri)
    owner = json.loads((data / "database.json").read_bytes())["owner"]
    (data / "database.json").unlink()
    (data / "database.json.claim").write_text(owner)
    opened(data, address.uri)
    assert json.loads((data / "database.json").read_bytes())["owner"] == owner


def command(data: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "imagedepot", "--data-dir", str(data), *words]
    environment = {name: text for name, text in os.environ.items() if not name.startswith("IMAGEDEPOT_")}
    return subprocess.run(line, capture_output=True, text=True, check=False, env={**environment, **more})


def test_a_backup_says_that_it_would_lack_the_rows(tmp_path: Path, address: PostgresAddress) -> None:
    opened(tmp_path / "data", address.uri)
    done = command(tmp_path / "data", "backup", str(tmp_path / "all.tar"))
    assert done.returncode == 4, done
    assert "are in PostgreSQL" in done.stderr
    assert not (tmp_path / "all.tar").exists()


def test_a_command_says_that_the_database_is_away(tmp_path: Path) -> None:
    done = command(tmp_path / "data", "list", IMAGEDEPOT_DATABASE="postgresql://ada:hunter2@127.0.0.1:9/depot")
    assert done.returncode == 7, done
    assert "The database postgresql://127.0.0.1:9/depot cannot be used now: " in done.stderr
    assert "hunter2" not in done.stderr + done.stdout
