"""A push goes on at any node, whichever the proxy chooses for a request, and when a node dies in the middle."""

from __future__ import annotations

from collections.abc import Callable

from imagedepot.model.digest import Digest
from tests.api.face import Face
from tests.e2e.service import Service
from tests.ground.images import random_layer
from tests.registry.asking import ask
from tests.registry.over_http import Client, joined

CHUNK = 7_000_000


def test_each_chunk_may_arrive_at_another_node(face: Callable[..., Face]) -> None:
    nodes = [face(), face(), face()]
    layer = random_layer(5 * CHUNK)[: 5 * CHUNK]
    digest = Digest.of(layer)
    place = ask(nodes[0], "team/app/blobs/uploads/", "POST").headers["location"]
    for number in range(5):
        begin, end = number * CHUNK, (number + 1) * CHUNK
        sent = ask(
            nodes[number % 3],
            place,
            "PATCH",
            layer[begin:end],
            **{"Content-Range": f"{begin}-{end - 1}", "Content-Type": "application/octet-stream"},
        )
        assert (sent.status, sent.headers["range"]) == (202, f"0-{end - 1}"), sent.content
        assert ask(nodes[(number + 1) % 3], place).headers["range"] == f"0-{end - 1}"
    twice = ask(nodes[0], place, "PATCH", layer[:10], **{"Content-Range": "0-9"})
    assert (twice.status, twice.headers["range"]) == (416, f"0-{len(layer) - 1}"), twice.content
    assert ask(nodes[1], joined(place, digest), "PUT").status == 201
    for each in nodes:
        assert Digest.of(ask(each, f"team/app/blobs/{digest}").content) == digest
        assert ask(each, place).status == 404


def test_a_push_goes_on_when_its_node_was_killed(node: Callable[..., Service]) -> None:
    first, second = node(), node()
    layer = random_layer(3 * CHUNK)
    digest = Digest.of(layer)
    one, other = Client(first.port), Client(second.port)
    place = one.begin("team/app")
    assert one.ask("PATCH", place, layer[:CHUNK]).status == 202
    first.kill()
    where = other.ask("GET", place)
    assert (where.status, where.headers["range"]) == (204, f"0-{CHUNK - 1}")
    assert other.ask("PUT", joined(place, digest), layer[CHUNK:]).status == 201
    assert Digest.of(other.ask("GET", f"team/app/blobs/{digest}").content) == digest
    other.close()
    one.close()
