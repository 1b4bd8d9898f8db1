from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from imagedepot.cli.backend.local import LocalBackend
from imagedepot.config import Settings, load
from imagedepot.database.connection import Database
from imagedepot.database.rows.downloads import DownloadRows
from imagedepot.database.stored import DATABASE
from imagedepot.files.locks import data_dir_lock
from imagedepot.model.content.manifest import OCI_CONFIG, OCI_MANIFEST
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.digest import Digest
from imagedepot.model.download import DownloadStatus
from imagedepot.model.image import ImageRequest, ImageType
from imagedepot.service.happenings import Happenings
from imagedepot.wiring.served.access import open_access
from imagedepot.wiring.services import open_services
from tests.cli.command import Command
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.service.distribution.kit import LAYER, described

WAITING = ImageRequest(DOCKERHUB, ImageType.DOCKER, "lab/waits", "1")


def password(folder: Path) -> list[str]:
    file = folder / "password"
    file.write_text("correct horse\n")
    return ["--password-file", str(file)]


def ask_for(command: Command, request: ImageRequest) -> str:
    """A download that a service was asked for and has not begun."""
    command.data.mkdir(exist_ok=True)
    database = Database(command.data / DATABASE)
    row = DownloadRows(database).add(request, datetime.now(UTC))
    database.close()
    return row.id


def settings_of(command: Command) -> Settings:
    return load({"IMAGEDEPOT_DATA_DIR": str(command.data)}, {}, ())


def push(command: Command, repository: str, label: str = "") -> Sequence[Digest]:
    """A service took this push, by digest without a `label`; the digests of manifest, config and layer."""
    config, layer = b'{"architecture": "amd64", "os": "linux", "rootfs": {"diff_ids": []}}', b"layer"
    rows = {"config": described(OCI_CONFIG, config), "layers": [described(LAYER, layer)]}
    raw = json.dumps({"schemaVersion": 2, "mediaType": OCI_MANIFEST, **rows}).encode()
    digests = [Digest.of(each) for each in (raw, config, layer)]
    with open_services(settings_of(command)) as services:
        uploads = services.pushing.uploads
        for content in (config, layer):
            upload = uploads.begin(repository, "ada")
            writer = uploads.write(upload, None, len(content))
            writer.write(content)
            writer.end()
            uploads.finish(upload, Digest.of(content))
        services.pushing.pushes.put(repository, raw, OCI_MANIFEST, label or str(digests[0]))
    return digests


def blob(command: Command, digest: Digest) -> Path:
    return command.data / "content/blobs" / digest.algorithm / str(digest).partition(":")[2]


def test_users_are_kept_for_the_service(command: Command, tmp_path: Path) -> None:
    assert command("user", "list").out == ""
    assert command("user", "add", "ada", *password(tmp_path)).out == "Added the administrator ada\n"
    assert command("user", "add", "bob", *password(tmp_path)).out == "Added the viewer bob\n"
    assert command("user", "add", "ada", *password(tmp_path)).code == 4
    assert command("user", "passwd", "bob", *password(tmp_path)).out == "Changed the password of bob\n"
    assert command("user", "remove", "ada").err == "imagedepot: ada is the last administrator\n"
    assert command("user", "remove", "bob").out == "Removed the user bob\n"
    assert [row["username"] for row in command("user", "list", "--json").json] == ["ada"]


def test_sessions_are_listed_and_ended(command: Command, tmp_path: Path) -> None:
    command("user", "add", "ada", *password(tmp_path))
    database = Database(command.data / DATABASE)
    access = open_access(database, Happenings())
    for _ in range(2):
        access.login(access.attempt("ada", "10.0.0.1"), "correct horse")
    database.close()
    first, second = command("session", "list", "--json").json
    assert first["username"] == second["username"] == "ada"
    assert command("session", "end", first["id"]).out == f"Ended the session {first['id']}\n"
    assert command("session", "end", first["id"]).err == f"imagedepot: There is no session {first['id']}\n"
    assert [row["id"] for row in command("session", "list", "--json").json] == [second["id"]]


def test_a_users_role_is_given_and_changed(command: Command, tmp_path: Path) -> None:
    assert command("user", "add", "ada", "--role", "viewer", *password(tmp_path)).out == "Added the administrator ada\n"
    assert command("user", "add", "mia", "--role", "member", *password(tmp_path)).out == "Added the member mia\n"
    assert command("user", "role", "mia", "viewer").out == "mia: viewer\n"
    assert command("user", "role", "ada", "member").err == "imagedepot: ada is the last administrator\n"
    assert command("user", "role", "mia", "king").code == 2
    assert command("user", "add", "eve", "--admin", "--role", "member", *password(tmp_path)).code == 2
    assert [row["role"] for row in command("user", "list", "--json").json] == ["administrator", "viewer"]


def test_access_tokens_are_added_listed_and_revoked(command: Command, tmp_path: Path) -> None:
    assert command("token", "add", "ci", "--scope", "read").code == 4, "no user, no token"
    command("user", "add", "ada", *password(tmp_path))
    row = command("token", "add", "ci", "--scope", "read", "--scope", "push", "--days", "30", "--json").json
    assert (row["username"], row["scopes"], row["repositories"]) == ("ada", ["push", "read"], ["*"])
    assert command("token", "add", "k3s", "--scope", "pull", "--repository", "team/*").out.startswith("idt_")
    listed = command("token", "list", "--json").json
    assert [(each["name"], each["repositories"]) for each in listed] == [("ci", ["*"]), ("k3s", ["team/*"])]
    assert command("token", "remove", row["id"]).out == f"Revoked the access token {row['id']}\n"
    assert command("token", "remove", row["id"]).code == 3
    assert command("token", "add", "ci", "--scope", "read", "--user", "eve").code == 3


def test_files_for_other_machines_are_printed_for_the_address_that_is_given(command: Command) -> None:
    printed = command("mirror", "config", "podman", "--address", "http://nas.lan:8080")
    assert not (command.data / DATABASE).exists()  # none is made for the warning that there are no users
    assert printed.code == 0
    assert 'location = "nas.lan:8080/ghcr.io"' in printed.out
    assert "/etc/containers/registries.conf.d/50-imagedepot.conf:" in printed.err
    assert "Try: podman pull docker.io/library/hello-world" in printed.err
    assert command("mirror", "config", "k3s", "--json").json["address"] == "http://127.0.0.1:8080"
    assert command("mirror", "config", "k3s", "--script").out.startswith("set -eu\n")
    assert command("mirror", "config", "docker", "--address", "ftp://nas").code == 2
    assert command("mirror", "config", "rkt").code == 2


def test_a_password_file_that_others_may_read_is_warned_of(command: Command, tmp_path: Path) -> None:
    arguments = password(tmp_path)
    for mode, warned in ((0o644, True), (0o600, False)):
        Path(arguments[1]).chmod(mode)
        done = command("user", "add", f"user{mode}", *arguments)
        assert done.code == 0
        assert ("other users of this host may read it (mode 0644)" in done.err) is warned


def test_a_download_that_waits_for_the_service_is_shown_and_not_begun(command: Command) -> None:
    id_ = ask_for(command, WAITING)
    (row,) = command("downloads", "--json").json
    assert (row["id"], row["name"], row["status"]) == (id_, "lab/waits", "waiting")
    assert command("downloads", "forget", id_).code == 2
    assert command("downloads", "cancel", id_, "--json").json["status"] == "cancelled"
    assert command("downloads", "retry", id_, "--json").json["status"] == "waiting"
    assert command("downloads", "move", id_).out == f"Download {id_} of lab/waits:1: waiting\n"
    assert command("downloads", "move", id_, "0").code == 2
    assert command("downloads", "cancel", id_).code == 0
    assert command("downloads", "forget", id_).out == f"Forgot download {id_}\n"
    assert command("downloads", "--json").json == []


def test_the_service_takes_up_what_was_retried_without_it(command: Command, docker_registry: DockerRegistry) -> None:
    push_image(docker_registry.url, "lab/waits", "1", [random_layer(300)])
    id_ = ask_for(command, WAITING)
    command("downloads", "cancel", id_)
    command("downloads", "retry", id_)
    settings = load({"IMAGEDEPOT_DATA_DIR": str(command.data), "IMAGEDEPOT_REGISTRY_URL": docker_registry.url}, {}, ())
    with open_services(settings) as services:
        ended = services.downloads.get(id_)
        while ended.ended is None:
            ended = services.downloads.get(id_)
    assert ended.status is DownloadStatus.DONE


def test_a_catalog_that_is_added_stays_and_feeds_the_app_center(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "templates.json"
    file.write_text(json.dumps([{"type": 1, "title": "Lab", "image": "lab/own:2", "description": "Our own"}]))
    assert [row["address"] for row in command("catalog", "add", str(file), "--json").json] == ["builtin", str(file)]
    assert command("catalog", "add", str(file)).code == 4
    listed = command("list", "--depot", "appcenter", "lab/own", "--json").json
    assert [row["name"] for row in listed["results"]] == ["lab/own:2"]
    assert command("catalog", "remove", str(file)).code == 0
    assert command("list", "--depot", "appcenter", "lab/own", "--json").json["total_count"] == 0


def test_a_clean_up_keeps_what_a_download_of_the_service_may_resume(command: Command) -> None:
    ask_for(command, WAITING)
    partial = command.data / "partial"
    partial.mkdir()
    (partial / f"sha256-{'a' * 64}").write_bytes(b"x" * 1000)
    assert command("gc", "--json").json == {"freed": 1000, "files": 1}


def test_a_folder_that_another_process_holds_is_left_alone(command: Command) -> None:
    with data_dir_lock(command.data):
        done = command("list")
    assert done.code == 4
    assert f"The data folder {command.data} is in use by another Image Depot" in done.err


def test_removing_tells_what_went_and_frees_it(command: Command, docker_registry: DockerRegistry) -> None:
    layer = random_layer(4000)
    push_image(docker_registry.url, "lab/gone", "1", [layer])
    push_image(docker_registry.url, "lab/gone", "2", [layer, random_layer(10)])
    assert command("pull", "lab/gone:1", "lab/gone:2").out == "lab/gone:1: downloaded\nlab/gone:2: downloaded\n"
    assert command("remove", "lab/gone:1").out == "Removed lab/gone:1\n"
    assert command("list").out.split("\t")[:2] == ["lab/gone", "2"]
    (answer,) = command("remove", "lab/gone", "--json").json
    assert answer == {"action": "delete", "name": "lab/gone", "state": "success", "type": "docker"}
    assert [path for path in (command.data / "content/blobs/sha256").iterdir() if path.stat().st_size > 1000] == []


def test_a_page_of_a_list_still_tells_how_many_there_are(command: Command) -> None:
    found = command("search", "a", "--depot", "appcenter", "--limit", "2", "--json").json
    assert len(found["results"]) == 2
    assert found["total_count"] > 50


@pytest.mark.parametrize("arguments", [("user", "add", "ada"), ("registry", "login", "localhost", "-u", "ada")])
def test_a_password_is_not_waited_for_where_nobody_can_type(command: Command, arguments: tuple[str, ...]) -> None:
    done = command(*arguments)
    assert done.code == 2
    assert "--password-file" in done.err


def test_a_removal_ends_where_a_pushed_image_lost_its_line_in_the_index(
    command: Command, docker_registry: DockerRegistry
) -> None:
    push_image(docker_registry.url, "lab/gone", "1", [random_layer(10)])
    assert command("pull", "lab/gone:1").code == 0
    manifest, *_ = push(command, "team/app", "1")
    index = command.data / "content/index.json"
    content = json.loads(index.read_text())
    rest = [each for each in content["manifests"] if each["digest"] != str(manifest)]
    assert len(rest) == len(content["manifests"]) - 1
    index.write_text(json.dumps({**content, "manifests": rest}))

    def remove() -> None:
        backend = LocalBackend(settings_of(command))
        backend.remove("docker", "lab/gone:1")
        backend.close()

    thread = threading.Thread(target=remove, daemon=True)
    thread.start()
    thread.join(60)  # the fault would wait for ever: a lease that is asked for during a clean-up
    assert not thread.is_alive()
    assert blob(command, manifest).exists()
    with open_services(settings_of(command)) as services:
        assert [each.title for each in services.images.local(ImageType.DOCKER)] == ["depot.internal/team/app:1"]


def test_without_a_service_verify_misses_what_was_pushed(command: Command) -> None:
    manifest, _, layer = push(command, "team/app")
    blob(command, layer).unlink()
    done = command("verify", "--json")
    assert done.code == 1
    (problem,) = json.loads(done.out)["problems"]
    assert (problem["digest"], problem["images"]) == (str(layer), [f"depot.internal/team/app@{manifest}"])


def test_without_a_service_damage_to_a_push_without_a_tag_is_not_repaired(command: Command) -> None:
    manifest, _, layer = push(command, "team/app")
    blob(command, layer).write_bytes(b"wrong")
    done = command("verify", "--repair", "--json")
    assert done.code == 1
    (problem,) = json.loads(done.out)["problems"]
    assert problem["images"] == [f"depot.internal/team/app@{manifest}"]
    assert not problem["repaired"]


def test_a_search_has_one_line_for_each_image_and_the_best_first(command: Command) -> None:
    lines = [line.split("\t") for line in command("search", "debian", "--depot", "appcenter").out.splitlines()]
    assert lines[0][0].startswith("debian/trixie")
    assert lines[0][2].startswith("amd64, arm64")
    assert len({line[0] for line in lines}) == len(lines)
    assert command("search", "jellyfn", "--depot", "appcenter").out.startswith("jellyfin/jellyfin")
