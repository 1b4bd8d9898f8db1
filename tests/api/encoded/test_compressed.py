"""JSON on the wire: compressed for those who take it, and nothing else is."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from imagedepot.api.encoded.compressed import LEAST, Compressed, takes_gzip
from imagedepot.api.encoded.local import LocalRows
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageType, InstalledImage
from imagedepot.model.platform import Platform
from tests.api.face import Face
from tests.api.in_process import in_process

GZIP = {"Accept-Encoding": "gzip, deflate"}
ROWS = [{"name": f"lab/{number}"} for number in range(4_000)]
MANY = 3_000


async def answer(request: Request) -> Response:
    async def pieces() -> Any:
        yield b"data: {}\n\n" * 500

    return {
        "large": JSONResponse(ROWS),
        "small": JSONResponse(ROWS[:3]),
        "text": PlainTextResponse("x" * 5_000),
        "ready": JSONResponse(ROWS, headers={"Content-Encoding": "br"}),
        "stream": StreamingResponse(pieces(), media_type="text/event-stream"),
    }[request.path_params["kind"]]


def ask(kind: str, method: str = "GET", headers: Mapping[str, str] = GZIP) -> tuple[Mapping[str, str], bytes]:
    app = Compressed(Starlette(routes=[Route("/{kind}", answer, methods=["GET", "POST"])]))
    with in_process(app) as running, running.ask(method, f"/{kind}", list(headers.items())) as response:
        body = response.read()
        return {key.lower(): value for key, value in response.headers.items()}, body


def test_large_json_is_compressed_for_those_who_take_it() -> None:
    headers, body = ask("large", headers={"accept-encoding": "gzip"})
    assert (headers["content-encoding"], headers["vary"]) == ("gzip", "Accept-Encoding")
    assert int(headers["content-length"]) == len(body) < len(json.dumps(ROWS)) / 4
    assert json.loads(gzip.decompress(body)) == ROWS


@pytest.mark.parametrize("accepted", ["identity", "br", "gzip;q=0", "*;q=0", "gzip; q=0.000, br"])
def test_others_get_it_as_it_is_and_caches_are_told(accepted: str) -> None:
    app = Compressed(Starlette(routes=[Route("/{kind}", answer)]))
    scope_headers = [(b"accept-encoding", accepted.encode())]
    assert not takes_gzip(scope_headers)
    with in_process(app) as running, running.ask("GET", "/large", []) as response:
        assert json.loads(response.read()) == ROWS
        assert response.headers["vary"] == "Accept-Encoding"
        assert "content-encoding" not in response.headers


@pytest.mark.parametrize("accepted", ["gzip", "GZIP", "br, gzip;q=0.5", "*"])
def test_every_way_to_take_it_is_understood(accepted: str) -> None:
    assert takes_gzip([(b"accept-encoding", accepted.encode())])


@pytest.mark.parametrize(("kind", "method"), [("small", "GET"), ("text", "GET"), ("stream", "GET"), ("large", "POST")])
def test_small_answers_texts_streams_and_answers_to_changes_pass_as_they_are(kind: str, method: str) -> None:
    """A new token stands in the answer to a change: its length must tell nothing of it (BREACH)."""
    headers, _ = ask(kind, method)
    assert "content-encoding" not in headers


def test_what_is_encoded_already_is_not_encoded_twice() -> None:
    headers, body = ask("ready")
    assert headers["content-encoding"] == "br"
    assert json.loads(body) == ROWS


def test_the_same_large_answer_is_compressed_once() -> None:
    compressed = Compressed(Starlette(routes=[Route("/{kind}", answer)]))
    with in_process(compressed) as running:
        for _ in range(3):
            with running.ask("GET", "/large", list(GZIP.items())) as response:
                assert response.read()
    assert compressed.compressions == 1


def test_the_face_compresses_lists_and_leaves_the_registry_alone(face: Face) -> None:
    with face.opened("GET", "/openapi.json", headers={"accept-encoding": "gzip"}) as response:
        assert response.headers["content-encoding"] == "gzip"
        assert json.loads(gzip.decompress(response.read()))["openapi"]
    with face.opened("GET", "/_catalog", headers={"accept-encoding": "gzip"}, base="/v2") as response:
        assert "content-encoding" not in response.headers


def test_three_thousand_images_are_150_kb_on_the_wire_for_the_web_ui() -> None:
    """Each with a digest, a size and times of its own: nothing that gzip could guess."""
    dice = random.Random(20261127)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    images = [
        InstalledImage(
            ImageType.DOCKER,
            f"team-{dice.randrange(60)}/{dice.choice(('web', 'worker', 'api', 'cache'))}-{number}",
            dice.choice(("latest", "1.2", "3", "2026.11")),
            dice.randrange(10**6, 10**9),
            digest=Digest.parse(f"sha256:{hashlib.sha256(b'%d' % number).hexdigest()}"),
            platform=Platform("linux", "amd64"),
            created=start + timedelta(seconds=dice.randrange(2 * 10**7)),
            installed_at=start + timedelta(seconds=dice.randrange(2 * 10**7)),
            depot=DOCKERHUB,
        )
        for number in range(MANY)
    ]
    rows = {
        with_digests: LocalRows(
            lambda type_: images if type_ is ImageType.DOCKER else (),
            lambda _: None,
            frozenset,
            lambda icon: icon,
            with_digests,
        )
        .now(tuple(ImageType))[0]
        .joined
        for with_digests in (True, False)
    }

    async def sent(body: bytes) -> int:
        heard: list[dict[str, Any]] = []

        async def send(message: Any) -> None:
            heard.append(message)

        scope = {"type": "http", "method": "GET", "headers": [(b"accept-encoding", b"gzip")]}
        await Compressed(Response(body, media_type="application/json"))(scope, None, send)  # type: ignore[arg-type]
        return len(heard[1]["body"])

    assert len(rows[True]) > 1_100_000
    assert asyncio.run(sent(rows[True])) < 250_000  # a digest of its own costs 32 bytes, however it is packed
    assert LEAST < asyncio.run(sent(rows[False])) <= 150_000
