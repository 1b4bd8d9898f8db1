"""Signed in by nginx, with the very example of docs/reverse-proxy.md, and a sign-in service of the kind of Authelia."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.e2e.service import Service
from tests.e2e.test_reverse_proxy import HOST, LOGIN, Visitor
from tests.ground.proxies import Proxy

PROXY = "127.0.0.2"  # an address of its own, as a proxy in a container has it


@pytest.fixture(scope="module")
def sign_in_service() -> Iterator[int]:
    """Its port. It knows Eva by her cookie."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_eva = "sign-in=eva" in self.headers.get("Cookie", "")
            self.send_response(200 if is_eva else 401)
            if is_eva:
                self.send_header("Remote-User", "eva")
                self.send_header("Remote-Groups", "family,admins")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    found = Service(
        folder / "data",
        root_path="/depot",
        allowed_hosts=f"{HOST},localhost",
        registry_url="http://127.0.0.1:9",
        sign_in_proxies=PROXY,
        admin_groups="admins",
    )
    (folder / "password").write_text(LOGIN["password"])
    found.command("user", "add", "ada", "--password-file", str(folder / "password"))
    with found:
        yield found


@pytest.fixture
def visitor(service: Service, sign_in_service: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    here = {
        "127.0.0.1:9091": f"127.0.0.1:{sign_in_service}",
        "proxy_read_timeout": f"proxy_bind {PROXY}; proxy_read_timeout",
    }
    folder = tmp_path_factory.mktemp("proxy") / "nginx"
    proxy = Proxy("nginx", folder, service.port, "nginx sign-in", here).start()
    found = Visitor(proxy)
    yield found
    found.close()
    proxy.stop()


def told(visitor: Visitor) -> dict[str, object]:
    answer = visitor.ask("GET", "/depot/api/v1/system")
    assert answer.status == 200, answer.read()
    return dict(json.loads(answer.read()))


def test_who_has_signed_in_at_the_proxy_is_signed_in(visitor: Visitor, service: Service) -> None:
    away = visitor.ask("GET", "/depot/")
    assert (away.status, str(away.getheader("location")).partition("?")[0]) == (302, "https://sign-in.example.org/")
    visitor.headers["Cookie"] = "sign-in=eva"
    system = told(visitor)
    assert (system["username"], system["role"], system["by_proxy"]) == ("eva", "administrator", True)
    users = json.loads(service.command("user", "list", "--json").stdout)
    assert {user["username"]: user["role"] for user in users} == {"ada": "administrator", "eva": "administrator"}
    visitor.headers["Origin"] = "https://evil.example"
    assert visitor.ask("POST", "/depot/api/v1/space/cleanup", b"{}").status == 403


def test_what_the_client_writes_into_the_header_does_not_come_through(visitor: Visitor, service: Service) -> None:
    visitor.headers["Cookie"] = "sign-in=eva"
    for name in ("Remote-User", "remote-user", "Remote_User"):
        visitor.headers[name] = "ada"
        assert told(visitor)["username"] == "eva"


def test_who_goes_past_the_proxy_is_not_believed(service: Service) -> None:
    for forwarded in (PROXY, "127.0.0.1"):
        headers = {"Remote-User": "ada", "Remote-Groups": "admins", "X-Forwarded-For": forwarded}
        assert service.call("GET", "/system", headers=headers)[0] == 401
        assert service.call("POST", "/users", {"username": "eve", "password": "a long one here"}, headers)[0] == 401
    assert "a header remote-user from 127.0.0.1 is not believed" in service.log.read_text()
