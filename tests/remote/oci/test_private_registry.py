"""A real registry of one's own: behind TLS of one's own authority, behind a password, or plain where that is said."""

from __future__ import annotations

import json
import ssl
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from imagedepot.errors import (
    AddressNotAllowed,
    DepotError,
    InvalidInput,
    NotFound,
    UpstreamDenied,
    UpstreamError,
    UpstreamNotFound,
)
from imagedepot.model.digest import Digest
from imagedepot.model.names.reference import DOCKER_HUB, Reference
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.oci.access.auth import Authenticator
from imagedepot.remote.oci.access.credentials import Credentials
from imagedepot.remote.oci.access.registry_login import RegistryLogins, normal_host
from imagedepot.remote.oci.endpoint import Endpoints
from imagedepot.remote.oci.registry import RegistryClient
from imagedepot.remote.oci.tags import list_tags
from tests.fakes.message import Answer
from tests.ground.images import push_image, random_layer
from tests.ground.needs import require
from tests.ground.registry import DockerRegistry
from tests.remote.clients import client, fetch_all, resolve, source, transport
from tests.remote.scripted import Scripted

_LOVELACE = "ada:$2b$04$abcdefghijklmnopqrstuuhiTVLHQPvYzPykOsCOnc5I00eOfh33K\n"


@dataclass(frozen=True)
class Authority:
    """A certificate authority, and what it signed for 127.0.0.1."""

    root: Path
    certificate: Path
    key: Path


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    require("openssl")
    folder = tmp_path_factory.mktemp("authority")
    made = Authority(folder / "root.pem", folder / "cert.pem", folder / "key.pem")
    root_key, request, extensions = folder / "root.key", folder / "request.pem", folder / "extensions"
    extensions.write_text("subjectAltName=IP:127.0.0.1\n")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    root = ["openssl", "req", "-x509", *new_key, "-subj", "/CN=Lab", "-days", "2"]
    asked = ["openssl", "req", "-new", *new_key, "-subj", "/CN=127.0.0.1", "-keyout", made.key, "-out", request]
    signed = ["openssl", "x509", "-req", "-in", request, "-CA", made.root, "-CAkey", root_key, "-CAcreateserial"]
    for command in (
        [*root, "-keyout", root_key, "-out", made.root],
        asked,
        [*signed, "-days", "2", "-extfile", extensions, "-out", made.certificate],
    ):
        subprocess.run([str(part) for part in command], check=True, capture_output=True)
    return made


@pytest.fixture(scope="module")
def secure(
    tmp_path_factory: pytest.TempPathFactory, docker_registry: DockerRegistry, authority: Authority
) -> Iterator[DockerRegistry]:
    """A registry behind TLS and a password, with what `docker_registry` was given."""
    push_image(docker_registry.url, "lab/secure", "1", [random_layer(3000)])
    folder = tmp_path_factory.mktemp("secure")
    (folder / "htpasswd").write_text(_LOVELACE)
    shared = DockerRegistry(folder, folder / "htpasswd", (authority.certificate, authority.key))
    (folder / "data").symlink_to(docker_registry.data)
    shared.start()
    yield shared
    shared.stop()


class Person:
    """Somebody with a home of his own; `way` as the settings make it."""

    def __init__(self, folder: Path, way: Transport) -> None:
        self.file = folder / ".config/containers/auth.json"
        credentials = Credentials({"HOME": str(folder)})
        known = Authenticator(way, credentials)
        endpoints = Endpoints(way.rules)
        self.registry = RegistryClient(way, known, endpoints)
        self.logins = RegistryLogins(way, endpoints, credentials, known)


def test_with_the_authority_named_and_a_login_an_image_is_pulled(
    secure: DockerRegistry, authority: Authority, tmp_path: Path
) -> None:
    person = Person(tmp_path, transport(ca_bundle=authority.root))
    name = f"{secure.host}/lab/secure"
    with pytest.raises(UpstreamNotFound, match=r"lab/secure:1 does not exist on .* or needs a login"):
        resolve(source(person.registry), name)
    login = person.logins.log_in(secure.host, "ada", "lovelace")
    assert (login.username, login.source) == ("ada", str(person.file))
    resolved = resolve(source(person.registry), name)
    contents = fetch_all(source(person.registry), resolved)
    assert all(Digest.of(content) == digest for digest, content in contents.items())
    assert list_tags(person.registry, Reference.parse(name)).tags == ["1"]


def test_a_login_is_tried_before_it_is_written_down(
    secure: DockerRegistry, authority: Authority, tmp_path: Path
) -> None:
    person = Person(tmp_path, transport(ca_bundle=authority.root))
    with pytest.raises(UpstreamDenied, match=f"{secure.host} rejected the login for ada"):
        person.logins.log_in(secure.host, "ada", "babbage")
    assert not person.file.exists()
    person.logins.log_in(f"https://{secure.host}/", "ada", "lovelace")
    assert list(json.loads(person.file.read_text())["auths"]) == [secure.host]
    assert stat.S_IMODE(person.file.stat().st_mode) == 0o600
    assert [(host, login.username) for host, login in person.logins.logins()] == [(secure.host, "ada")]


def test_after_logging_out_nothing_is_shown_any_more(
    secure: DockerRegistry, authority: Authority, tmp_path: Path
) -> None:
    person = Person(tmp_path, transport(ca_bundle=authority.root))
    person.logins.log_in(secure.host, "ada", "lovelace")
    assert person.registry.head(Reference.parse(f"{secure.host}/lab/secure:1"))
    person.logins.log_out(secure.host)
    with pytest.raises(UpstreamNotFound):
        person.registry.head(Reference.parse(f"{secure.host}/lab/secure:1"))
    with pytest.raises(NotFound, match="no login"):
        person.logins.log_out(secure.host)


def test_an_authority_that_nobody_named_is_refused_with_both_ways_out(secure: DockerRegistry, tmp_path: Path) -> None:
    person = Person(tmp_path, transport())
    with pytest.raises(UpstreamError, match=r"not trusted.*IMAGEDEPOT_CA_BUNDLE.*IMAGEDEPOT_INSECURE_REGISTRIES"):
        person.registry.head(Reference.parse(f"{secure.host}/lab/secure:1"))
    with pytest.raises(UpstreamError, match="not trusted"):
        person.logins.log_in(secure.host, "ada", "lovelace")


def test_one_registry_listed_as_insecure_leaves_the_others_checked(
    secure: DockerRegistry, authority: Authority, tmp_path: Path
) -> None:
    listed = Person(tmp_path, transport(insecure=[secure.host]))
    listed.logins.log_in(secure.host, "ada", "lovelace")
    assert listed.registry.head(Reference.parse(f"{secure.host}/lab/secure:1"))
    other = Person(tmp_path, transport(insecure=["127.0.0.1:1"]))
    with pytest.raises(UpstreamError, match="not trusted"):
        other.registry.head(Reference.parse(f"{secure.host}/lab/secure:1"))


def test_a_listed_registry_may_speak_plain_http(docker_registry: DockerRegistry, tmp_path: Path) -> None:
    pushed = push_image(docker_registry.url, "lab/plain", "1", [random_layer(300)])
    person = Person(tmp_path, transport(insecure=[docker_registry.host]))
    assert person.registry.head(Reference.parse(f"{docker_registry.host}/lab/plain:1")) == pushed.digest


def test_an_open_registry_takes_no_wrong_login_for_one(docker_registry: DockerRegistry, tmp_path: Path) -> None:
    person = Person(tmp_path, transport())
    person.logins.log_in(docker_registry.host, "anybody", "anything")
    assert person.registry.head(Reference.parse(f"{docker_registry.host}/{_pushed(docker_registry)}:1")), (
        "and a needless login does no harm"
    )


@pytest.mark.parametrize(("user", "password"), [("", "x"), ("ada", ""), ("a:b", "x")])
def test_half_a_login_is_none(tmp_path: Path, user: str, password: str) -> None:
    with pytest.raises(InvalidInput, match="A login needs a user name"):
        Person(tmp_path, transport()).logins.log_in("r.lan", user, password)


def test_a_registry_that_is_away_keeps_no_login(tmp_path: Path) -> None:
    person = Person(tmp_path, transport())
    with pytest.raises(DepotError, match=r"127\.0\.0\.1:1"):
        person.logins.log_in("127.0.0.1:1", "ada", "lovelace")
    assert not person.file.exists()


@pytest.mark.parametrize("host", ["docker.io", "https://index.docker.io/v1/", "registry-1.docker.io"])
def test_docker_hub_is_one_host_under_all_its_names(host: str) -> None:
    assert normal_host(host) == DOCKER_HUB


@pytest.mark.parametrize("host", ["", "a/b", "r.lan/lab", "lab", "r.lan:port", "ftp://r.lan", "../etc"])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(InvalidInput, match="Not a registry's host"):
        normal_host(host)


def _pushed(registry: DockerRegistry) -> str:
    push_image(registry.url, "lab/open", "1", [random_layer(300)])
    return "lab/open"


def test_a_token_over_plain_http_for_a_registry_over_https_is_said_to_be_refused(authority: Authority) -> None:
    challenge = ("WWW-Authenticate", 'Bearer realm="http://auth.example/token",service="x"')
    with Scripted(Answer.of(401, headers=(challenge,))) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.certificate, authority.key)
        server._http.socket = context.wrap_socket(server._http.socket, server_side=True)
        asking = client(through=transport(ca_bundle=authority.root, insecure=["auth.elsewhere"]))
        words = f"{server.host} asks for its token over plain http at auth.example, which is not done"
        with pytest.raises(AddressNotAllowed, match=words):
            asking.head(Reference.parse(f"{server.host}/lab/auth:1"))
