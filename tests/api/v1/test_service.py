"""Space, settings, registries, catalogs, the system."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.api.conftest import NOBODY
from tests.api.face import Face
from tests.fakes.guard import BasicGuard
from tests.fakes.registry import FaultyRegistry
from tests.ground.images import push_image, random_layer


def test_the_system_tells_who_is_asking_and_where_images_live(face: Face) -> None:
    told = face.get("/system")
    assert (told["username"], told["is_admin"], told["users_defined"]) == ("Anonymous", True, False)
    assert [(store["type"], store["kind"], store["available"]) for store in told["stores"]] == [
        ("docker", "embedded", True),
        ("lxc", "embedded", True),
    ]
    assert told["space"]["total"] > told["space"]["free"] > 0


def test_space_is_reported_freed_and_verified(lab: Face, faulty_registry: FaultyRegistry) -> None:
    image = push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(9000)])
    lab.download("dockerhub/docker/lab/app/1")
    usage = lab.get("/space")
    assert [(each["reference"], each["shared"]) for each in usage["images"]] == [("lab/app:1", 0)]
    assert usage["used"] >= image.size
    assert usage["reclaimable"] == {"bytes": 0, "files": 0}
    assert lab.post("/space/cleanup") == {"freed": 0, "files": 0}
    clean = lab.post("/space/verify")
    assert (clean["problems"], clean["bytes"] >= image.size) == ([], True)
    blob = next(path for path in (lab.folder / "content/blobs").rglob("*") if path.name == image.layers[0].hex)
    blob.chmod(0o644)
    blob.write_bytes(b"x" * blob.stat().st_size)
    found = lab.post("/space/verify", {"repair": True})["problems"]
    assert [(each["digest"], each["images"], each["repaired"]) for each in found] == [
        (str(image.layers[0]), ["lab/app:1"], True)
    ]
    assert lab.post("/space/verify")["problems"] == []
    assert lab.call("POST", "/space/verify", {"repair": "yes"}).message == "repair is not true or false"


def test_a_setting_is_changed_read_and_reset(tmp_path: Path) -> None:
    with Face(tmp_path / "data", **NOBODY) as face:
        row = face.call("PUT", "/settings/IMAGEDEPOT_BANDWIDTH", {"value": "5MB/s"}).json
        assert (row["value"], row["source"]) == ("5MB/s", "runtime")
        assert next(each for each in face.get("/settings") if each["name"] == row["name"]) == row
        assert face.call("DELETE", "/settings/IMAGEDEPOT_BANDWIDTH").json["source"] == "default"
        wrong = face.call("PUT", "/settings/IMAGEDEPOT_BANDWIDTH", {"value": "fast"})
        assert (wrong.status, "20MB/s" in wrong.message) == (400, True)
        assert face.call("PUT", "/settings/IMAGEDEPOT_BANDWIDTH", {"value": 5}).status == 400
        assert face.call("PUT", "/settings/IMAGEDEPOT_BANDWIDTH", {}).message == "value is missing"
        locked = face.call("PUT", "/settings/IMAGEDEPOT_REGISTRY_URL", {"value": "http://127.0.0.1:1"})
        assert (locked.status, "command line" in locked.message) == (409, True)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Logins of the person who runs the tests are not touched."""
    for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DOCKER_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "home/auth.json"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_a_login_is_tried_saved_used_and_forgotten(
    home: Path, tmp_path: Path, faulty_registry: FaultyRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "imagedepot")
    faulty_registry.guard = BasicGuard({"ada": "lovelace"})
    host = faulty_registry.url.removeprefix("http://")
    push_image(faulty_registry.upstream.url, "a/b", "1", [random_layer(700)])
    with Face(tmp_path / "data", **NOBODY) as face:
        assert face.download(f"dockerhub/docker/{host}/a/b/1")["status"] == "failed"
        wrong = face.call("PUT", f"/registries/{host}", {"username": "ada", "password": "guess"})
        assert (wrong.status, "rejected the login for ada" in wrong.message) == (502, True)
        assert face.get("/registries") == []
        saved = face.call("PUT", f"/registries/{host}", {"username": "ada", "password": "lovelace"})
        assert saved.json == {"host": host, "username": "ada", "source": str(home / "auth.json")}
        assert face.get("/registries") == [saved.json]
        assert face.download(f"dockerhub/docker/{host}/a/b/1")["status"] == "done"
        assert face.call("DELETE", f"/registries/{host}").json == {}
        assert face.get("/registries") == []
        assert face.call("DELETE", f"/registries/{host}").status == 404
        assert face.call("PUT", "/registries/no%20host", {"username": "a", "password": "b"}).status == 400
        assert face.call("PUT", f"/registries/{host}", {"username": "a"}).message == "password is missing"
    assert "lovelace" not in caplog.text
    assert f"PUT /api/v1/registries/{host} username=ada: 200" in caplog.text


def test_the_limit_is_reported_once_docker_hub_has_reported_it(face: Face) -> None:
    assert face.get("/limits") == dict.fromkeys(("limit", "remaining", "window", "resets", "source"))
