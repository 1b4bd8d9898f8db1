"""Repositories that a registry gives only to a login, by a password (Basic) and by tokens (Bearer): with the stored
login the mirror has them, and nobody without a name gets anything of them, nor a token whose patterns leave them out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from imagedepot.errors import UpstreamDenied
from imagedepot.model.access.role import Role
from imagedepot.model.access.scope import Scope
from imagedepot.model.digest import Digest
from tests.api.conftest import PASSWORD
from tests.api.face import Face
from tests.fakes.registry import FaultyRegistry
from tests.fakes.tokens import TokenServer
from tests.ground.images import Pushed, push_image, push_index, random_layer
from tests.ground.registry import DockerRegistry
from tests.registry.asking import Answer
from tests.registry.test_push_access import Registry, basic

ALIAS = "registry.lan"
NAME, OPEN = "lab/private", "lab/open"
LAYER = random_layer(5000, 77)
_LOVELACE = "ada:$2b$04$abcdefghijklmnopqrstuuhiTVLHQPvYzPykOsCOnc5I00eOfh33K\n"


@dataclass(frozen=True)
class Private:
    """A service that strangers may pull from, with a login for the registry at `host` that has the image."""

    registry: Registry
    host: str
    image: Pushed

    @property
    def paths(self) -> list[str]:
        """Of everything that belongs to the image, below its repository."""
        blobs = [f"blobs/{each}" for each in (self.image.config, *self.image.layers)]
        manifests = ["manifests/1", f"manifests/{self.image.digest}"]
        return [*manifests, *blobs, "tags/list", f"referrers/{self.image.digest}"]

    def spelled(self, path: str) -> list[str]:
        return [f"{ALIAS}/{NAME}/{path}", f"{NAME}/{path}?ns={ALIAS}", f"{NAME}/{path}?ns={self.host}"]

    def ask(self, path: str, by: str = "", method: str = "GET") -> Answer:
        return self.registry.ask(f"{ALIAS}/{NAME}/{path}", method, by=by)


@pytest.fixture
def image(docker_registry: DockerRegistry) -> Pushed:
    """With something that refers to it, in the tag of a registry without the API of referrers."""
    push_image(docker_registry.url, OPEN, "1", [LAYER])
    image = push_image(docker_registry.url, NAME, "1", [LAYER])
    push_index(docker_registry.url, NAME, image.digest.key, ["linux/amd64"])
    return image


@pytest.fixture
def by_password(tmp_path: Path, docker_registry: DockerRegistry, image: Pushed) -> Iterator[str]:
    """The host of the real registry with a file of passwords."""
    folder = tmp_path / "locked"
    folder.mkdir()
    (folder / "htpasswd").write_text(_LOVELACE)
    (folder / "data").symlink_to(docker_registry.data)
    locked = DockerRegistry(folder, folder / "htpasswd").start()
    yield locked.host
    locked.stop()


@pytest.fixture
def by_token(faulty_registry: FaultyRegistry, image: Pushed) -> Iterator[str]:
    """The host of one whose token server, on another port, gives tokens for `OPEN` to anybody."""
    authority = faulty_registry.authority
    authority.accounts = {"ada": "lovelace"}
    authority.may = lambda user, repository, action: action == "pull" and (user == "ada" or repository == OPEN)
    with TokenServer(authority) as tokens:
        faulty_registry.require_token(realm=tokens.realm)
        yield faulty_registry.url.removeprefix("http://")


@pytest.fixture(params=["by_password", "by_token"])
def private(request: pytest.FixtureRequest, tmp_path: Path, image: Pushed) -> Iterator[Private]:
    host = request.getfixturevalue(request.param)
    nobody = {"registry_url": "http://127.0.0.1:9", "hub_url": "http://127.0.0.1:9"}
    upstreams = f"{ALIAS}=https://{host}"  # in words: loopback is asked in plain http
    with Face(tmp_path / "data", **nobody, upstreams=upstreams, anonymous_pull="yes") as face:
        logins = face.services.upstreams.logins
        with pytest.raises(UpstreamDenied):
            logins.log_in(host, "ada", "babbage")
        logins.log_in(host, "ada", "lovelace")
        face.services.access.add("ada", PASSWORD, Role.ADMIN)
        face.services.access.add("vic", PASSWORD, Role.VIEWER)
        yield Private(Registry(face), host, image)


def test_with_the_stored_login_people_with_a_name_get_all_of_it(private: Private) -> None:
    for path in private.paths:
        assert private.ask(path, by=basic("vic")).status == 200, path
    layer = private.ask(f"blobs/{private.image.layers[0]}", by=basic("vic"))
    assert Digest.of(layer.content) == private.image.layers[0]
    rows = private.ask(f"referrers/{private.image.digest}", by=basic("vic")).json["manifests"]
    assert len(rows) == 1


def test_strangers_get_nothing_of_it_before_and_after_it_is_here(private: Private) -> None:
    stranger = private.registry.token("", f"repository:{ALIAS}/{NAME}:pull")
    for is_here in (False, True):
        for path in private.paths:
            for spelling in private.spelled(path):
                for by in ("", stranger):
                    for method in ("GET", "HEAD") if path.startswith(("manifests", "blobs")) else ("GET",):
                        answer = private.registry.ask(spelling, method, by=by)
                        assert answer.status == 401, (is_here, spelling, by, method)
                        assert not {"docker-content-digest", "etag"} & answer.headers.keys()
        for path in private.paths:
            assert private.ask(path, by=basic("ada")).status == 200, path


def test_a_token_of_other_repositories_gets_nothing_and_mounts_nothing(private: Private) -> None:
    for path in private.paths:
        assert private.ask(path, by=basic("ada")).status == 200, path
    machine = private.registry.machine([Scope.PULL, Scope.PUSH], ["team/*"])
    for path in private.paths:
        for spelling in private.spelled(path):
            assert private.registry.ask(spelling, by=machine).code == "DENIED", spelling
    layer = private.image.layers[0]
    for query in (f"?mount={layer}&from={ALIAS}/{NAME}", f"?mount={layer}"):
        answer = private.registry.ask(f"team/app/blobs/uploads/{query}", "POST", b"", by=machine)
        assert answer.status == 202, "an upload begins instead"
    assert private.registry.ask(f"team/app/blobs/{layer}", by=machine).status == 404


@pytest.mark.parametrize("private", ["by_token"], indirect=True)
def test_what_is_open_at_the_same_registry_is_for_strangers_too(private: Private) -> None:
    """And a layer that both have does not open the other."""
    layer = f"blobs/{private.image.layers[0]}"
    assert private.ask(layer, by=basic("ada")).status == 200
    assert private.registry.ask(f"{ALIAS}/{OPEN}/manifests/1").status == 200
    assert private.registry.ask(f"{ALIAS}/{OPEN}/{layer}").content == LAYER
    assert private.ask(layer).status == 401


@pytest.mark.parametrize("private", ["by_token"], indirect=True)
def test_what_was_open_is_closed_to_strangers_when_more_of_it_comes_with_a_login(
    private: Private, faulty_registry: FaultyRegistry
) -> None:
    assert private.registry.ask(f"{ALIAS}/{OPEN}/manifests/1").status == 200
    faulty_registry.authority.may = lambda user, repository, action: action == "pull" and user == "ada"
    faulty_registry.authority.expire_all()
    push_image(faulty_registry.upstream.url, OPEN, "2", [random_layer(600)])
    assert private.registry.ask(f"{ALIAS}/{OPEN}/manifests/2", by=basic("ada")).status == 200
    for tag in ("1", "2"):
        assert private.registry.ask(f"{ALIAS}/{OPEN}/manifests/{tag}").status == 401
        assert private.registry.ask(f"{ALIAS}/{OPEN}/manifests/{tag}", by=basic("ada")).status == 200
