from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from imagedepot import errors
from imagedepot.api.http.errors import PHRASES, STATUS, reason_of, status_of
from imagedepot.errors import DepotError
from tests.api.face import Face

DOCS = Path(__file__).parents[3] / "docs/api.md"
CLASSES = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, DepotError) and each is not DepotError
]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda each: each.__name__)
def test_every_error_is_in_the_table(kind: type[DepotError]) -> None:
    own = [each for each in kind.__mro__ if each in STATUS]
    assert own, f"{kind.__name__} would be an internal error"
    assert STATUS[own[0]] in PHRASES


def test_the_tables_statuses_are_those_that_the_tree_promises() -> None:
    promised = {}
    for line in (errors.__doc__ or "").splitlines():
        words = line.replace("─", " ").replace("├", " ").replace("└", " ").replace("│", " ").split()
        if len(words) > 1 and words[1].isdigit():
            promised[words[0]] = int(words[1])
    assert len(promised) >= 12
    for name, status in promised.items():
        kind = getattr(errors, name)
        assert status_of(kind.__new__(kind)) == status


def test_a_fault_of_ours_is_one_sentence_and_no_traceback(tmp_path: Path) -> None:
    with Face(tmp_path / "data") as face:
        face.services.downloads.active = 7  # type: ignore[assignment] # what no code of ours expects
        answered = face.call("GET", "/image/downloadstatus")
    assert (answered.status, answered.message) == (500, "An internal error; the log of the service tells more")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b"\xff\xfe", "not JSON"),
        (b'{"icon": 5}', "icon is not a text"),
        (b'{"platform": []}', "platform is not a text"),
        (b'{"platform": "a/b/c/d"}', "Not a platform"),
        (b'{"description": "' + b"x" * 9000 + b'"}', "8,192 characters"),
    ],
)
def test_a_body_that_is_wrong_is_named(face: Face, body: bytes, told: str) -> None:
    answered = face.call("POST", "/image/dockerhub/docker/redis/7/download", body)
    assert answered.status == 400
    assert told in answered.message
    assert face.get("/downloads") == []


def test_a_body_of_more_than_a_mebibyte_is_refused(face: Face) -> None:
    answered = face.call("POST", "/image/dockerhub/docker/redis/7/download", b" " * (1 << 20) + b"{}")
    assert answered.status == 413
    assert "1,048,576" in answered.message


@pytest.mark.parametrize(
    "query",
    [
        "from=attic",
        "type=vm",
        "page=0",
        "page=-1",
        "page=x",
        "page=",
        "limit=0",
        "limit=1001",
        "limit=1e3",
        "page=99999999999999999999",
        "page=%D9%A3",
        "installed=maybe&from=appcenter",
        f"filter_text={'x' * 1001}",
    ],
)
def test_a_wrong_question_is_bad_input(face: Face, query: str) -> None:
    answered = face.call("GET", f"/image/?{query}")
    assert (answered.status, bool(answered.message)) == (400, True)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/image/attic/docker/redis/7/download", 400),
        ("POST", "/image/dockerhub/vm/redis/7/download", 400),
        ("POST", "/image/local/docker/redis/7/download", 400),
        ("POST", "/image/dockerhub/lxc/debian/latest/download", 400),
        ("POST", "/image/dockerhub/docker/redis:6/7/download", 400),
        ("POST", "/image/dockerhub/docker/Redis/7/download", 400),
        ("POST", "/image/dockerhub/docker/../../etc/7/download", 400),
        ("POST", "/image/dockerhub/docker/redis/sha256:abc/download", 400),
        ("DELETE", "/image/dockerhub/docker/redis", 400),
        ("DELETE", "/image/attic/docker/redis", 400),
        ("DELETE", "/image/local/docker/redis", 404),
        ("DELETE", "/image/local/docker/a//b", 400),
        ("GET", "/image/dockerhub/docker/2/redis/tags", 400),
        ("GET", "/image/dockerhub/docker/1/lgsd/diamond/tags", 400),
        ("GET", "/image/docker/redis/7/layers", 404),
        ("GET", "/image/docker/redis/7/update", 404),
        ("GET", "/image/local/docker/redis/7/platforms", 400),
        ("GET", "/downloads/77", 404),
        ("DELETE", "/downloads/77", 404),
        ("POST", "/downloads/77/retry", 404),
        ("GET", "/downloads/x", 404),
        ("PUT", "/settings/IMAGEDEPOT_NONSENSE", 400),
        ("DELETE", "/settings/IMAGEDEPOT_NONSENSE", 404),
        ("DELETE", "/users/nobody", 404),
        ("DELETE", "/registries/nowhere.example", 404),
    ],
)
def test_each_refusal_has_its_status_and_a_sentence(face: Face, method: str, path: str, status: int) -> None:
    answered = face.call(method, path)
    assert (answered.status, bool(answered.message)) == (status, True)
    assert face.get("/downloads") == []


def test_an_upstream_that_is_away_is_503_and_named(face: Face) -> None:
    answered = face.call("GET", "/image/dockerhub/docker/1/redis/tags")
    assert answered.status == 503
    assert "127.0.0.1:9" in answered.message


def test_every_reason_is_documented() -> None:
    documented = set(re.findall(r"^\| `(\w+)` \|", DOCS.read_text().partition("## Reasons")[2], re.MULTILINE))
    known = {kind.code for kind in CLASSES} | {reason_of(status) for status in PHRASES if status < 502}
    assert known <= documented
