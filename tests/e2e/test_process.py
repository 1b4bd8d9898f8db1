"""The service as a process: how it starts, refuses to start, and ends."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.e2e.service import Service
from tests.fakes.delivery import hold
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS
from tests.ground.images import push_image, random_layer
from tests.ground.needs import require

FAR = "127.0.0.1:9"  # nobody listens there


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path / "data", registry_url=f"http://{FAR}") as running:
        yield running


def test_a_second_service_on_the_folder_is_told_so_and_ends(service: Service) -> None:
    for port in (service.port, service.port + 1):
        second = service.command("serve", "--listen", f"127.0.0.1:{port}", check=False)
        assert second.returncode == 4
        assert second.stderr.count("\n") == 1
        assert (
            f"The data folder {service.data} is in use by another Image Depot (process {service.pid})" in second.stderr
        )
    assert service.get("/image/downloadstatus") == []
    assert json.loads(service.command("list", "--json").stdout)["results"] == []


def test_a_port_in_use_is_one_sentence(service: Service, tmp_path: Path) -> None:
    other = Service(tmp_path / "other", listen=f"127.0.0.1:{service.port}")
    done = other.command("serve", check=False)
    assert done.returncode == 4
    assert done.stderr == (
        f"imagedepot: Cannot listen on 127.0.0.1:{service.port}: another program uses this port "
        "(IMAGEDEPOT_LISTEN or --listen names another)\n"
    )


def test_sigterm_ends_it_at_once_with_an_open_event_stream_and_a_download(
    tmp_path: Path, faulty_registry: FaultyRegistry
) -> None:
    push_image(faulty_registry.upstream.url, "lab/held", "1", [random_layer(300_000)])
    gate = Gate()
    faulty_registry.inject(hold(gate, at=100_000), BLOBS)
    with Service(tmp_path / "data", registry_url=faulty_registry.url) as service:
        service.post("/image/dockerhub/docker/lab/held/1/download")
        with urlopen(f"{service.url}/api/v1/downloads/events", timeout=20) as stream:
            assert stream.readline() == b"event: snapshot\n"
            gate.wait_reached()
            began = time.monotonic()
            assert service.stop(10) == 0
            took = time.monotonic() - began
            stream.read()  # its end came, and not by a reset
        assert took < 5, took  # two seconds are promised, the rest is for a busy machine; it was 12 s once
        assert not (service.data / "control.sock").exists()
        assert "Traceback" not in service.log.read_text()
        gate.open()
        service.start()
        assert service.ended()["status"] == "done"


def test_requests_that_hang_in_an_upstream_do_not_hold_its_end(tmp_path: Path, faulty_registry: FaultyRegistry) -> None:
    gate = Gate()
    faulty_registry.inject(hold(gate), "/v2/*/tags/list")
    with Service(tmp_path / "data", registry_url=faulty_registry.url) as service:
        asking = service.spawn("tags", "lab/hung")
        gate.wait_reached()
        began = time.monotonic()
        assert service.stop(10) == 0
        assert time.monotonic() - began < 5  # as above; it was 30 s once
        _, said = asking.communicate(timeout=20)
        assert asking.returncode == 7
        assert said == f"imagedepot: The service of {service.data} does not answer any more\n"
        gate.open()


def test_without_setup_mode_it_listens_beyond_loopback_only_for_users(tmp_path: Path) -> None:
    service = Service(tmp_path / "data", setup="no")
    service.environment["IMAGEDEPOT_LISTEN"] = f"0.0.0.0:{service.port}"
    refused = service.command("serve", check=False)
    assert refused.returncode == 2
    assert "IMAGEDEPOT_SETUP is no" in refused.stderr
    assert "imagedepot user add NAME" in refused.stderr
    assert "IMAGEDEPOT_ADMIN_PASSWORD_FILE" in refused.stderr
    password = tmp_path / "password"
    password.write_text("correct horse\n")
    service.command("user", "add", "ada", "--password-file", str(password))
    with service:
        assert service.call("GET", "/image/?from=local")[0] == 401
        assert json.loads(service.command("user", "list", "--json").stdout)[0]["username"] == "ada"
        assert "IMAGEDEPOT_TLS_CERT is not set: passwords and sessions cross the network" in service.log.read_text()
        assert "#code=" not in service.log.read_text()


def test_a_headless_box_gets_its_administrator_from_a_file(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("short\n")
    service = Service(tmp_path / "data", admin_password_file=str(password))
    refused = service.command("serve", check=False)
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1].startswith("imagedepot: IMAGEDEPOT_ADMIN_PASSWORD_FILE: ")
    password.write_text("correct horse\n")
    password.chmod(0o644)
    with service:
        status, answer = service.call("POST", "/login", {"username": "admin", "password": "wrong"})
        assert (status, answer["error"]["message"]) == (401, "Wrong user name or password")
        status, answer = service.call("POST", "/login", {"username": "nobody", "password": "wrong"})
        assert (status, answer["error"]["message"]) == (401, "Wrong user name or password")
        status, answer = service.call("POST", "/login", {"username": "admin", "password": "correct horse"})
        assert (status, answer["username"], answer["isAdmin"]) == (200, "admin", True)
        log = service.log.read_text()
        assert "wrong" not in log
        assert f"{password} holds a secret, and other users of this host may read it (mode 0644)" in log
        password.unlink()  # needed at the first start alone
        assert service.stop() == 0
        service.start()
        assert service.call("GET", "/image/?from=local")[0] == 401


def test_the_control_socket_is_its_owners_alone_and_a_stale_one_is_replaced(service: Service) -> None:
    control = service.data / "control.sock"
    assert control.stat().st_mode & 0o777 == 0o600
    service.kill()
    assert control.exists()
    assert json.loads(service.command("list", "--json").stdout)["results"] == []  # without a service, by itself
    service.start()
    assert json.loads(service.command("user", "list", "--json").stdout) == []


def test_it_serves_https(tmp_path: Path) -> None:
    require("openssl")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    with Service(tmp_path / "data", tls_cert=str(certificate), tls_key=str(key)) as service:
        trusting = ssl.create_default_context(cafile=str(certificate))
        url = f"https://127.0.0.1:{service.port}/api/v1/image/downloadstatus"
        with urlopen(Request(url), timeout=20, context=trusting) as response:
            assert json.load(response) == []
            assert response.headers["Strict-Transport-Security"] is None  # it would bind other ports of this host
        assert json.loads(service.command("downloads", "--json").stdout) == []
        assert "https://127.0.0.1" in service.log.read_text()
        assert service.stop() == 0
        service.environment["IMAGEDEPOT_HSTS"] = "yes"
        service.start()
        with urlopen(Request(url), timeout=20, context=trusting) as response:
            assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
    broken = Service(tmp_path / "other", tls_cert=str(key), tls_key=str(key)).command("serve", check=False)
    assert broken.returncode == 2
    assert broken.stderr.startswith("imagedepot: IMAGEDEPOT_TLS_CERT: ")


def test_it_says_at_start_where_it_listens_and_which_stores_are_in_use(service: Service) -> None:
    log = service.log.read_text()
    assert f"listens on http://127.0.0.1:{service.port}; its data is in {service.data}" in log
    assert "docker" in log
    assert "lxc" in log


def test_ctrl_c_is_a_good_end_too(service: Service) -> None:
    os.kill(service.pid, signal.SIGINT)
    assert service.wait() == 0
    assert service.log.read_text().endswith("info: stopped\n")


@pytest.mark.parametrize("expected", [True, False], ids=["behind_a_proxy", "in_the_open"])
def test_what_a_proxy_says_of_its_client_is_believed_only_where_one_is_expected(tmp_path: Path, expected: bool) -> None:
    settings = {"allowed_hosts": "depot.example"} if expected else {}
    with Service(tmp_path / "data", **settings) as service:
        service.command("user", "add", "ada", "--password-file", str(_password_file(tmp_path)))
        service.call("DELETE", "/image/local/docker/absent", headers={"X-Forwarded-For": "203.0.113.9"})
        (line,) = [line for line in service.log.read_text().splitlines() if "/image/local/docker/absent" in line]
        assert ("from 203.0.113.9" in line) is expected
        assert ("from 127.0.0.1" in line) is not expected


@pytest.mark.parametrize("level", ["warning", "error"])
def test_who_changed_what_is_logged_at_every_level(tmp_path: Path, level: str) -> None:
    with Service(tmp_path / "data", log_level=level) as service:
        service.call("POST", "/users", {"username": "ada", "password": "correct horse battery"})
        service.call("POST", "/login", {"username": "ada", "password": "correct horse battery"})
        service.call("POST", "/login", {"username": "ada", "password": "guessed"})
        service.call("DELETE", "/downloads/1")
    lines = [line.partition(" ")[2] for line in service.log.read_text().splitlines()]
    assert {
        "info: change by Anonymous from 127.0.0.1: POST /api/v1/users username=ada role=viewer: 200",
        "info: login as 'ada' from 127.0.0.1",
        "warning: login as 'ada' from 127.0.0.1 refused",
        "warning: refused DELETE /api/v1/downloads/1 from 127.0.0.1: 401 Log in first",
    } <= set(lines)
    assert not any("listens on" in line for line in lines)  # which is of level info


def test_a_lost_database_makes_nobody_behind_the_proxy_an_administrator(tmp_path: Path) -> None:
    service = Service(tmp_path / "data", allowed_hosts="nas.example.org")
    through_proxy = {"Host": "nas.example.org", "X-Forwarded-For": "203.0.113.9"}
    service.command("user", "add", "ada", "--password-file", str(_password_file(tmp_path)))
    with service:
        assert service.call("GET", "/login_refresh", headers=through_proxy)[0] == 401
        service.kill()
        for file in service.data.glob("imagedepot.db*"):
            file.unlink()
        service.start()
        status, answer = service.call("GET", "/login_refresh", headers=through_proxy)
        assert (status, answer["error"]["message"].partition(",")[0]) == (403, "No user is defined")
        assert service.call("POST", "/users", {"username": "eve", "password": "a long one"}, through_proxy)[0] == 403
        assert service.get("/login_refresh")["isAdmin"] is True  # whoever sits at the machine itself
        log = service.log.read_text()
        assert "IMAGEDEPOT_ALLOWED_HOSTS expects a reverse proxy, and no user is defined" in log
        assert "under the host name" in log or "through a proxy (X-Forwarded-For)" in log


def test_the_setting_that_expects_a_proxy_is_named(tmp_path: Path) -> None:
    with Service(tmp_path / "data", sign_in_proxies="192.0.2.1") as service:
        assert "IMAGEDEPOT_SIGN_IN_PROXIES expects a reverse proxy, and no user is defined" in service.log.read_text()


def _password_file(folder: Path) -> Path:
    file = folder / "password"
    file.write_text("correct horse\n")
    return file


def test_it_starts_on_stored_settings_that_it_does_not_know_and_they_can_be_reset(tmp_path: Path) -> None:
    service = Service(tmp_path / "data", registry_url=f"http://{FAR}")
    with service:
        service.command("catalog", "list")
    with closing(sqlite3.connect(service.data / "imagedepot.db")) as connection, connection:
        connection.execute("INSERT INTO settings VALUES ('IMAGEDEPOT_OF_TOMORROW', '1'), ('IMAGEDEPOT_BANDWIDTH', 'x')")
    with service:
        log = service.log.read_text()
        assert "the setting IMAGEDEPOT_OF_TOMORROW, changed at run time, is ignored" in log
        assert "the setting IMAGEDEPOT_BANDWIDTH, changed at run time, is ignored" in log
        assert json.loads(service.command("settings", "reset", "bandwidth", "--json").stdout) == [
            "IMAGEDEPOT_BANDWIDTH"
        ]
    # And while no service runs.
    assert json.loads(service.command("settings", "reset", "--json").stdout) == ["IMAGEDEPOT_OF_TOMORROW"]
    assert service.command("settings", "reset", "nonsense", check=False).returncode == 3
    listed = json.loads(service.command("settings", "list", "--json").stdout)
    assert {"IMAGEDEPOT_BANDWIDTH", "IMAGEDEPOT_LISTEN"} <= {row["name"] for row in listed}
