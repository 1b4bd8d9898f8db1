"""The first user of a service that was just installed, made from a second machine by the host's name."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

from tests.ground.second_machine import SecondMachine
from tests.ground.waiting import wait_until

PASSWORD = "correct horse battery"
_LINK = re.compile(r"Open (http://([^:]+):\d+)/setup#code=(\S+)$", re.MULTILINE)


def make_administrator(other: SecondMachine, log: Path, name: str = "ada") -> None:
    """With what start-up has printed into `log`, and nothing else that is known of this machine."""
    host = f"{socket.gethostname().lower().partition('.')[0]}.local"
    wait_until(lambda: host in _links(log), 60)
    url, code = _links(log)[host]
    assert '<div id="root">' in other.run("curl", "-s", f"{url}/")
    assert _status(other, f"{url}/api/v1/system") == "401", "nothing is open before"
    body = json.dumps({"code": code, "username": name, "password": PASSWORD})
    json_ = ("-H", "Content-Type: application/json")
    assert _status(other, *json_, "-d", body, f"{url}/api/v1/session/setup") == "200"
    assert _status(other, *json_, "-d", body, f"{url}/api/v1/session/setup") != "200", "the code has ended"
    login = json.dumps({"username": name, "password": PASSWORD})
    assert _status(other, *json_, "-d", login, f"{url}/api/v1/login") == "200"


def _links(log: Path) -> dict[str, tuple[str, str]]:
    """The address and the code, by the name of this machine that they are for."""
    return {host: (url, code) for url, host, code in _LINK.findall(log.read_text())}


def _status(other: SecondMachine, *arguments: str) -> str:
    return other.run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "30", *arguments)
