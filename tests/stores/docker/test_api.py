"""The Engine API as bytes: odd answers, in pieces of any size."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.errors import StoreUnavailable, UpstreamError
from imagedepot.stores.docker.client import EngineClient
from tests.fakes.message import Answer, Request
from tests.fakes.server import Server


class Engine(Server):
    """Answers `/version` as Docker does, and everything else with `content`."""

    def __init__(self) -> None:
        super().__init__()
        self.content, self.api = b"{}", "1.41"
        self.asked: list[str] = []

    def respond(self, request: Request) -> Answer:
        self.asked.append(request.path)
        if request.path == "/version":
            return Answer.json(200, {"ApiVersion": self.api, "Version": "20.10"})
        return Answer.of(200, self.content, "application/json")


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        yield engine


def client(engine: Engine) -> EngineClient:
    return EngineClient(engine.url.replace("http", "tcp"))


@pytest.mark.parametrize(
    ("theirs", "spoken"), [("1.41", "1.41"), ("1.44", "1.44"), ("1.99", "1.52"), ("2.0", "1.52"), ("odd", "1.24")]
)
def test_the_older_of_both_versions_is_spoken(engine: Engine, theirs: str, spoken: str) -> None:
    engine.api, engine.content = theirs, b"[]"
    assert client(engine).images() == []
    assert engine.asked[-1] == f"/v{spoken}/images/json"


@pytest.mark.parametrize("between", [b"", b"\r\n", b"\n\n  "])
def test_objects_of_a_stream_are_read_whatever_is_between_them(engine: Engine, between: bytes) -> None:
    lines = [{"stream": "é" * 70_000}, {"stream": "Loaded image ID: sha256:abc\n"}]
    engine.content = between.join(json.dumps(line, ensure_ascii=False).encode() for line in lines)
    assert client(engine).load([b""], "lab/app:1", Cancellation()) == "sha256:abc"


@pytest.mark.parametrize("content", [b"<html>", b"[1]", b'[{"x": 1}]', b"null"])
def test_an_answer_that_makes_no_sense_is_one_sentence(engine: Engine, content: bytes) -> None:
    engine.content = content
    with pytest.raises(UpstreamError, match=r"^the list of images: .* that makes no sense$"):
        client(engine).images()


def test_an_object_without_an_end_is_not_read_for_ever(engine: Engine) -> None:
    engine.content = b'{"stream": "' + b"a" * (5 << 20)
    with pytest.raises(StoreUnavailable):
        client(engine).load([b""], "lab/app:1", Cancellation())
