"""The first start at an address that other machines can reach, as a process."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from tests.e2e.service import Service

FAR = "127.0.0.1:9"
PASSWORD = "correct horse"
LINK = re.compile(r"info: Open (http://\S+/setup)#code=(\S+)$", re.MULTILINE)


def reachable(folder: Path, **settings: str) -> Service:
    service = Service(folder / "data", registry_url=f"http://{FAR}", **settings)
    service.environment["IMAGEDEPOT_LISTEN"] = f"0.0.0.0:{service.port}"
    return service


def printed(service: Service) -> list[tuple[str, str]]:
    """Each link and its code, in the log as it is now."""
    return [(link, code) for link, code in LINK.findall(service.log.read_text())]


@pytest.mark.parametrize("level", ["info", "error"])
def test_start_up_prints_a_link_for_each_name_and_address_at_every_level_of_the_log(tmp_path: Path, level: str) -> None:
    with reachable(tmp_path, log_level=level) as service:
        links = printed(service)
        assert len({code for _, code in links}) == 1
        name = socket.gethostname().lower()
        assert f"http://{name}:{service.port}/setup" in [link for link, _ in links]
        assert f"http://{name.partition('.')[0]}.local:{service.port}/setup" in [link for link, _ in links]


def test_the_code_is_another_one_after_each_start_and_ends_with_the_first_user(tmp_path: Path) -> None:
    service = reachable(tmp_path)
    with service:
        (_, first), *_ = printed(service)
    service.log.unlink()
    body = {"username": "ada", "password": PASSWORD}
    with service:
        (_, second), *_ = printed(service)
        assert service.call("GET", "/login_refresh")[0] == 401
        assert service.call("POST", "/session/setup", {**body, "code": first})[0] == 403
        status, answer = service.call("POST", "/session/setup", {**body, "code": second})
        assert (status, answer["username"], answer["isAdmin"]) == (200, "ada", True)
        assert service.call("POST", "/session/setup", {**body, "code": second})[0] == 409
    service.log.unlink()
    with service:
        assert printed(service) == []
        assert service.call("POST", "/login", body)[0] == 200


def test_a_user_of_the_command_line_ends_the_code_at_once(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\n")
    with reachable(tmp_path) as service:
        (_, code), *_ = printed(service)
        service.command("user", "add", "bob", "--password-file", str(password))
        status, answer = service.call("POST", "/session/setup", {"code": code, "username": "ada", "password": PASSWORD})
        assert (status, answer["error"]["message"].partition(":")[0]) == (409, "There is nothing to set up")


def test_a_lost_database_at_a_reachable_address_is_setup_mode_again_and_serves_nobody(tmp_path: Path) -> None:
    service = reachable(tmp_path)
    with service:
        (_, code), *_ = printed(service)
        service.post("/session/setup", {"code": code, "username": "ada", "password": PASSWORD})
        service.kill()
        for file in service.data.glob("imagedepot.db*"):
            file.unlink()
        service.start()
        for headers in ({}, {"Host": "localhost"}, {"X-Forwarded-For": "203.0.113.9"}):
            assert service.call("GET", "/users", headers=headers)[0] == 401
        assert service.call("POST", "/session/setup", {"code": code, "username": "eve", "password": PASSWORD})[0] == 403


def test_a_password_file_leaves_nothing_to_set_up(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\n")
    with reachable(tmp_path, admin_password_file=str(password)) as service:
        assert printed(service) == []
        assert service.call("POST", "/login", {"username": "admin", "password": PASSWORD})[0] == 200
