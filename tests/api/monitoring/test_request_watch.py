"""Each request has an id: in its answer, and in every line of the log that it causes."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.model.access.role import Role
from imagedepot.server.logs import JsonLines
from tests.api.conftest import NOBODY
from tests.api.face import Face

GIVEN = "4f1c2a9b-77aa-4e0e"


class Written(logging.Handler):
    """The lines as `IMAGEDEPOT_LOG_FORMAT=json` writes them."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def written() -> Iterator[Written]:
    handler, log = Written(), logging.getLogger("imagedepot")
    log.addHandler(handler)
    before = log.level
    log.setLevel(logging.INFO)
    yield handler
    log.setLevel(before)
    log.removeHandler(handler)


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Face]:
    """Behind a reverse proxy, whose host name is a setting."""
    with Face(tmp_path_factory.mktemp("proxied"), allowed_hosts="depot.example", **NOBODY) as running:
        yield running


def id_of(face: Face, path: str = "/system", sent: str | None = None, base: str = "/api/v1") -> str:
    with face.opened("GET", path, headers={"X-Request-Id": sent} if sent else {}, base=base) as response:
        response.read()
        return str(response.headers["x-request-id"])


@pytest.mark.parametrize(("base", "path"), [("/api/v1", "/system"), ("/api/v1", "/nowhere"), ("", "/v2/"), ("", "/")])
def test_each_answer_carries_an_id_of_its_own(face: Face, base: str, path: str) -> None:
    first, second = id_of(face, path, base=base), id_of(face, path, base=base)
    assert len(first) == 16
    assert first != second


def test_an_id_of_a_proxy_is_taken_over(proxied: Face) -> None:
    assert id_of(proxied, sent=GIVEN) == GIVEN


@pytest.mark.parametrize(
    "sent", ["short", "x" * 65, "a b c d e f g h", '"},{"level":"info', "-starts-with-a-dash", "ünï-cödé-ïd"]
)
def test_one_that_is_not_well_formed_is_replaced(proxied: Face, sent: str) -> None:
    assert len(id_of(proxied, sent=sent.encode().decode("latin-1"))) == 16


def test_without_a_proxy_nobody_chooses_an_id(face: Face) -> None:
    assert id_of(face, sent=GIVEN) != GIVEN


def test_a_change_is_one_line_of_json_with_the_id_of_its_request(proxied: Face, written: Written) -> None:
    answered = proxied.call("POST", "/catalogs", {"address": "no address\nat all"}, {"X-Request-Id": GIVEN})
    assert answered.status == 400
    assert len(written.lines) == 1
    event = json.loads(written.lines[0])
    assert set(event) == {"time", "level", "logger", "message", "request_id"}
    assert (event["logger"], event["request_id"]) == ("imagedepot.audit", GIVEN)
    assert "POST /api/v1/catalogs" in event["message"]


def test_what_a_thread_of_a_request_logs_has_its_id_too(proxied: Face, written: Written, tmp_path: Path) -> None:
    """Passwords are checked in a thread, which logs the refusal."""
    proxied.services.access.add("ada", "correct horse", Role.ADMIN)
    proxied.call("POST", "/login", {"username": "ada", "password": "wrong"}, {"X-Request-Id": GIVEN})
    refused = [json.loads(line) for line in written.lines if "refused" in line]
    assert refused[0]["message"].startswith("login as 'ada'")
    assert refused[0]["request_id"] == GIVEN
