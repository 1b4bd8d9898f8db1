"""Logins where other tools keep them: read as they read them, written so that they can read them."""

from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from imagedepot.errors import NotFound, StorageFailure
from imagedepot.model.access.login import Login
from imagedepot.model.names.reference import DOCKER_HUB
from imagedepot.remote.oci.access.credentials import Credentials
from tests.ground.needs import require

_HELPER = """#!/bin/sh
case "$1" in
  get) read -r key; case "$key" in
    *index.docker.io*) echo '{"ServerURL":"x","Username":"ada","Secret":"from-helper"}';;
    token.lan) echo '{"ServerURL":"x","Username":"<token>","Secret":"identity"}';;
    broken.lan) echo 'oops';;
    *) echo 'credentials not found in native keychain'; exit 1;;
  esac;;
  list) echo '{"https://index.docker.io/v1/":"ada","token.lan":"<token>"}';;
esac
"""


class Home:
    """A home folder with the files that a test gives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        }
        self.own = folder / ".config/containers/auth.json"
        self.session = folder / "run/containers/auth.json"
        self.docker = folder / ".docker/config.json"

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.environment)

    def write(self, path: Path, content: Mapping[str, Any] | str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))

    def helper(self, name: str, script: str = _HELPER) -> None:
        path = self.folder / "bin" / f"docker-credential-{name}"
        self.write(path, script)
        path.chmod(0o755)

    def find(self, host: str, repository: str = "a/b") -> str | None:
        login = self.credentials.find(host, repository)
        return (login.password or login.identity_token) if login else None


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def packed(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_without_files_nobody_is_logged_in(home: Home) -> None:
    assert home.find("registry.lan") is None
    assert home.credentials.logins() == []


def test_podmans_files_come_before_dockers(home: Home) -> None:
    home.write(home.docker, {"auths": {"registry.lan": packed("ada", "docker"), "other.lan": packed("ada", "other")}})
    home.write(home.own, {"auths": {"registry.lan": packed("ada", "own")}})
    assert (home.find("registry.lan"), home.find("other.lan")) == ("own", "other")
    home.write(home.session, {"auths": {"registry.lan": packed("ada", "session")}})
    assert home.find("registry.lan") == "session"


def test_the_most_specific_login_counts(home: Home) -> None:
    auths = {"r.lan": packed("a", "host"), "r.lan/lab": packed("a", "group"), "r.lan/lab/app": packed("a", "image")}
    home.write(home.own, {"auths": auths})
    found = [home.find("r.lan", name) for name in ("lab/app", "lab/other", "lab/app/deeper", "x", "")]
    assert found == ["image", "group", "image", "host", "host"]


@pytest.mark.parametrize("key", ["docker.io", "https://index.docker.io/v1/", "index.docker.io", "registry-1.docker.io"])
def test_docker_hub_has_many_names(home: Home, key: str) -> None:
    home.write(home.docker, {"auths": {key: packed("ada", "hub")}})
    assert home.find(DOCKER_HUB, "library/redis") == "hub"
    assert [host for host, _ in home.credentials.logins()] == [DOCKER_HUB]


@pytest.mark.parametrize(
    "key",
    [
        "registry.lan:5000",
        "Registry.LAN:5000/",
        "http://registry.lan:5000",
        "https://registry.lan:5000/",
        "registry.lan:5000/v1/",
        "https://registry.lan:5000/v2/",
    ],
)
def test_a_key_has_one_meaning_for_reading_listing_and_logging_out(home: Home, key: str) -> None:
    home.write(home.own, {"auths": {key: packed("ada", "url")}})
    assert home.find("registry.lan:5000") == "url"
    assert home.find("registry.lan") is None
    assert [host for host, _ in home.credentials.logins()] == ["registry.lan:5000"]
    home.credentials.forget("registry.lan:5000")
    assert home.credentials.logins() == []
    home.helper("lab", '#!/bin/sh\necho \'{"Username":"ada","Secret":"\'$(cat)\'"}\'')
    for helped in ({"credHelpers": {key: "lab"}}, {"credsStore": "lab", "auths": {key: {}}}):
        home.write(home.docker, helped)
        assert home.find("registry.lan:5000") == key, "the helper is asked in its own words"


def test_a_password_may_hold_colons_and_letters_of_any_script(home: Home) -> None:
    home.write(home.own, {"auths": {"r.lan": packed("ada", "a:b:ç")}})
    login = home.credentials.find("r.lan", "")
    assert login is not None
    assert (login.username, login.password) == ("ada", "a:b:ç")


def test_an_identity_token_is_one(home: Home) -> None:
    home.write(home.docker, {"auths": {"r.lan": {**packed("00000000", ""), "identitytoken": "identity"}}})
    login = home.credentials.find("r.lan", "")
    assert login == Login("", "", "identity", str(home.docker))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"auths": []}',
        '{"auths": {"r.lan": 5}}',
        '{"auths": {"r.lan": {"auth": "%%%"}}}',
        '{"credHelpers": {"r.lan": "../../bin/sh"}}',
        '{"credsStore": "no such program"}',
        "[" * 100_000,
    ],
)
def test_a_broken_file_knows_nobody(home: Home, content: str) -> None:
    home.write(home.own, content)
    assert home.find("r.lan") is None


def test_a_helper_is_asked_for_its_host_and_a_store_for_the_rest(home: Home) -> None:
    home.helper("lab")
    home.write(home.docker, {"credHelpers": {"token.lan": "lab"}})
    assert home.find("token.lan") == "identity"
    assert home.find(DOCKER_HUB) is None
    home.write(home.docker, {"credsStore": "lab", "auths": {"https://index.docker.io/v1/": {}}})
    assert home.find(DOCKER_HUB) == "from-helper"
    assert [(host, login.title, login.source) for host, login in home.credentials.logins()] == [
        (DOCKER_HUB, "ada", "helper:lab"),
        ("token.lan", "the identity token", "helper:lab"),
    ]


@pytest.mark.parametrize(
    ("script", "trouble"),
    [
        (None, "is not installed"),
        ("#!/bin/sh\necho oops", "answers with something that is not JSON"),
        ("#!/bin/sh\necho 'the keychain is locked'; exit 1", "failed (the keychain is locked)"),
        ("#!/bin/sh\nexit 7", "failed"),
        ("#!/nowhere\n", "is not installed"),
        (_HELPER, ""),
    ],
)
@pytest.mark.parametrize("named", [{"credsStore": "lab"}, {"credHelpers": {"unknown.lan": "lab"}}])
def test_a_helper_that_fails_has_no_login_and_is_named(
    home: Home, script: str | None, trouble: str, named: Mapping[str, Any]
) -> None:
    if script is not None:
        home.helper("lab", script)
    home.write(home.docker, named)
    assert home.find("unknown.lan") is None
    sentence = f"docker-credential-lab {trouble}, which {home.docker} names" if trouble else ""
    assert home.credentials.trouble("unknown.lan", "a/b") == sentence
    if "credHelpers" in named:
        assert home.credentials.trouble("other.lan", "a/b") == ""


def test_a_broken_file_is_named_and_the_others_are_read(home: Home) -> None:
    home.write(home.own, "{ half")
    home.write(home.docker, {"auths": {"r.lan": packed("ada", "docker")}})
    assert home.find("r.lan") == "docker"
    assert home.credentials.trouble("other.lan", "") == f"{home.own} cannot be read as a JSON object"


def test_everything_that_cannot_be_read_is_listed(home: Home) -> None:
    home.write(home.own, "[]")
    home.helper("lab")
    home.write(home.docker, {"credsStore": "desktop", "credHelpers": {"a.lan": "lab", "b.lan": "gone"}})
    assert home.credentials.troubles() == [
        f"{home.own} cannot be read as a JSON object",
        f"docker-credential-desktop is not installed, which {home.docker} names",
        f"docker-credential-gone is not installed, which {home.docker} names",
    ]


def test_without_files_there_is_no_trouble(home: Home) -> None:
    assert home.credentials.troubles() == []
    assert home.credentials.trouble("r.lan", "a/b") == ""


def test_where_the_files_are_can_be_said(home: Home, tmp_path: Path) -> None:
    home.environment |= {"REGISTRY_AUTH_FILE": str(tmp_path / "mine.json"), "DOCKER_CONFIG": str(tmp_path / "d")}
    home.write(tmp_path / "d/config.json", {"auths": {"r.lan": packed("ada", "d")}})
    assert home.find("r.lan") == "d"
    home.write(tmp_path / "mine.json", {"auths": {"r.lan": packed("ada", "mine")}})
    home.write(home.session, {"auths": {"r.lan": packed("ada", "session")}})
    assert home.find("r.lan") == "mine"


def test_a_saved_login_is_the_owners_alone_and_keeps_what_else_is_there(home: Home) -> None:
    home.write(home.own, {"auths": {"other.lan": packed("x", "y")}, "credHelpers": {"z.lan": "z"}})
    home.credentials.save("r.lan:5000", Login("ada", "lovelace"))
    content = json.loads(home.own.read_text())
    assert content["credHelpers"] == {"z.lan": "z"}
    assert set(content["auths"]) == {"other.lan", "r.lan:5000"}
    assert stat.S_IMODE(home.own.stat().st_mode) == 0o600
    assert home.find("r.lan:5000") == "lovelace"
    assert [path.name for path in home.own.parent.iterdir()] == ["auth.json"], "nothing half written stays"


def test_a_saved_login_takes_the_place_of_an_older_one_under_any_name(home: Home) -> None:
    home.write(home.own, {"auths": {"https://index.docker.io/v1/": packed("old", "old")}})
    home.credentials.save(DOCKER_HUB, Login("ada", "new"))
    assert list(json.loads(home.own.read_text())["auths"]) == [DOCKER_HUB]


def test_skopeo_finds_a_saved_login(home: Home) -> None:
    require("skopeo")
    home.credentials.save("r.lan:5000", Login("ada", "lovelace"))
    command = ["skopeo", "login", "--get-login", "--authfile", str(home.own), "r.lan:5000"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "ada"


def test_a_file_that_cannot_be_read_is_not_overwritten(home: Home) -> None:
    home.write(home.own, "{ half")
    with pytest.raises(StorageFailure, match=r"auth\.json"):
        home.credentials.save("r.lan", Login("ada", "lovelace"))
    assert home.own.read_text() == "{ half"


def test_a_link_is_followed_and_stays_one(home: Home, tmp_path: Path) -> None:
    home.own.parent.mkdir(parents=True)
    home.own.symlink_to(tmp_path / "elsewhere.json")
    home.credentials.save("r.lan", Login("ada", "lovelace"))
    assert home.own.is_symlink()
    assert "r.lan" in (tmp_path / "elsewhere.json").read_text()


def test_only_our_own_login_is_forgotten(home: Home) -> None:
    home.write(home.docker, {"auths": {"d.lan": packed("ada", "d")}})
    home.credentials.save("r.lan", Login("ada", "lovelace"))
    home.credentials.forget("r.lan")
    assert home.find("r.lan") is None
    with pytest.raises(NotFound, match=r"no login for d\.lan"):
        home.credentials.forget("d.lan")
    assert home.find("d.lan") == "d"


def test_a_login_shows_no_secret(home: Home) -> None:
    shown = repr(Login("ada", "lovelace", "identity"))
    assert "ada" in shown
    assert "lovelace" not in shown
    assert "identity'" not in shown
