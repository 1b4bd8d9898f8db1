"""The examples of docs/reverse-proxy.md work: prefix, TLS, the stream of events, and pushes of large layers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path

import pytest

from imagedepot.model.digest import Digest
from tests.e2e.service import Service
from tests.ground.images import push_image, random_layer
from tests.ground.needs import require
from tests.ground.proxies import Proxy, example
from tests.ground.registry import DockerRegistry
from tests.ground.waiting import wait_until

HOST = "nas.example.org"
LOGIN = {"username": "ada", "password": "correct horse battery"}


class Visitor:
    """A browser on another machine, as far as the service can tell."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._links = ExitStack()
        self.close = self._links.close
        self.headers = {"Host": f"{HOST}:{proxy.port}", "Origin": f"https://{HOST}:{proxy.port}"}

    def open(self) -> HTTPSConnection:
        link = HTTPSConnection("localhost", self._proxy.port, context=self._proxy.context, timeout=60)
        self._links.callback(link.close)
        return link

    def ask(self, method: str, path: str, body: bytes | None = None) -> HTTPResponse:
        link = self.open()
        link.request(method, path, body, self.headers)
        return self._links.enter_context(link.getresponse())

    def log_in(self) -> str:
        """The cookie's line."""
        answer = self.ask("POST", "/depot/api/v1/login", json.dumps(LOGIN).encode())
        assert answer.status == 200, answer.read()
        cookie = str(answer.getheader("set-cookie"))
        self.headers["Cookie"] = cookie.partition(";")[0]
        return cookie


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, docker_registry: DockerRegistry) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    found = Service(
        folder / "data", root_path="/depot", allowed_hosts=f"{HOST},localhost", registry_url=docker_registry.url
    )
    (folder / "password").write_text(LOGIN["password"])
    found.command("user", "add", "ada", "--password-file", str(folder / "password"))
    with found:
        yield found


@pytest.fixture(scope="module", params=["nginx", "haproxy"])
def proxy(
    request: pytest.FixtureRequest, service: Service, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    found = Proxy(request.param, tmp_path_factory.mktemp("proxy") / request.param, service.port).start()
    yield found
    found.stop()


@pytest.fixture
def visitor(proxy: Proxy) -> Iterator[Visitor]:
    found = Visitor(proxy)
    yield found
    found.close()


def test_the_page_is_below_its_prefix(visitor: Visitor) -> None:
    moved = visitor.ask("GET", "/depot")
    assert (moved.status, str(moved.getheader("location")).endswith("/depot/")) == (301, True)
    page = visitor.ask("GET", "/depot/")
    assert page.status in (200, 503), "503 says that the UI is not built"
    assert visitor.ask("GET", "/depot/api/v1/image/?from=local").status == 401


def test_a_login_is_for_https_alone(visitor: Visitor) -> None:
    assert "secure" in visitor.log_in().lower()
    assert visitor.ask("GET", "/depot/api/v1/image/?from=local").status == 200


def test_a_page_of_another_site_stays_refused(visitor: Visitor) -> None:
    visitor.log_in()
    visitor.headers["Origin"] = "https://evil.example"
    assert visitor.ask("POST", "/depot/api/v1/logout").status == 403


def test_events_come_while_they_happen(visitor: Visitor, docker_registry: DockerRegistry) -> None:
    push_image(docker_registry.url, "lab/app", "1", [random_layer(1000)])
    visitor.log_in()
    stream = visitor.ask("GET", "/depot/api/v1/downloads/events")
    assert stream.status == 200
    assert visitor.ask("POST", "/depot/api/v1/image/dockerhub/docker/lab/app/1/download", b"{}").status == 200
    while b"lab/app" not in (line := stream.readline()):
        assert line, "the stream has ended"


def test_clients_of_the_registry_are_sent_to_the_address_that_they_used(visitor: Visitor) -> None:
    del visitor.headers["Origin"]  # no browser
    answer = visitor.ask("GET", "/v2/")
    assert answer.status == 401
    assert f'realm="https://{visitor.headers["Host"]}/v2/token"' in str(answer.getheader("www-authenticate"))


def test_a_layer_is_here_while_it_is_being_sent(visitor: Visitor, service: Service) -> None:
    """No proxy keeps it until it is whole."""
    layer = random_layer(30_000_000)
    visitor.headers["Authorization"] = "Basic YWRhOmNvcnJlY3QgaG9yc2UgYmF0dGVyeQ=="
    del visitor.headers["Origin"]
    begun = visitor.ask("POST", "/v2/team/large/blobs/uploads/", b"")
    assert begun.status == 202, begun.read()
    place = str(begun.getheader("location")).partition(str(visitor.headers["Host"]))[2] or str(
        begun.getheader("location")
    )
    link = visitor.open()
    link.putrequest("PUT", f"{place}{'&' if '?' in place else '?'}digest={Digest.of(layer)}", skip_host=True)
    for name, value in {**visitor.headers, "Content-Length": str(len(layer))}.items():
        link.putheader(name, value)
    link.endheaders()
    link.send(layer[:20_000_000])
    wait_until(lambda: sum(path.stat().st_size for path in service.data.glob("partial/upload-*")) > 10_000_000)
    link.send(layer[20_000_000:])
    with link.getresponse() as answer:
        assert answer.status == 201


def test_skopeo_pushes_and_pulls_through_it(proxy: Proxy, docker_registry: DockerRegistry, tmp_path: Path) -> None:
    require("skopeo")
    push_image(docker_registry.url, "lab/pushed", "1", [random_layer(200_000)])
    there = f"docker://localhost:{proxy.port}/team/pushed:1"
    login = f"{LOGIN['username']}:{LOGIN['password']}"
    here = ["--src-tls-verify=false", f"docker://{docker_registry.host}/lab/pushed:1"]
    for command in (
        ["skopeo", "copy", *here, "--dest-tls-verify=false", "--dest-creds", login, there],
        ["skopeo", "copy", "--src-tls-verify=false", "--src-creds", login, there, f"dir:{tmp_path}/pulled"],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_each_proxy_has_an_example() -> None:
    for kind, words in {"caddy": "reverse_proxy", "yaml": "traefik.http.routers", "nginx": "proxy_pass"}.items():
        assert words in example(kind)
