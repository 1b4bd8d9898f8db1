"""A service whose bucket or database has a fault says so in one sentence, and goes on with what was begun."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.model.digest import Digest
from imagedepot.model.names.s3_address import S3Address
from tests.api.face import Face
from tests.api.listening import listening
from tests.fleet.faulty_link import FaultyLink
from tests.fleet.faulty_proxy import Fault, FaultyProxy
from tests.ground.postgres import Cluster
from tests.ground.waiting import wait_until
from tests.registry.asking import ask
from tests.registry.over_http import Client, joined
from tests.registry.test_push import image, put, send

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def proxy(address: S3Address) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(address.endpoint).start()
    yield proxy
    proxy.stop()


@pytest.fixture
def link(cluster: Cluster) -> Iterator[FaultyLink]:
    link = FaultyLink(cluster.port).start()
    yield link
    link.stop()


@pytest.fixture
def face(tmp_path: Path, address: S3Address, proxy: FaultyProxy, cluster: Cluster, link: FaultyLink) -> Iterator[Face]:
    blobs = f"s3://{address.bucket}/{address.prefix}?endpoint={proxy.endpoint}&region=us-east-1"
    database = cluster.over_network(cluster.make_database()).replace(f":{cluster.port}/", f":{link.port}/")
    settings = {"blobs": blobs, "database": f"{database}?sslmode=disable", "registry_url": NOBODY, "hub_url": NOBODY}
    with Face(tmp_path / "data", **settings) as running:
        yield running


def test_a_push_into_a_bucket_that_is_overloaded_is_told_so_and_goes_on(face: Face, proxy: FaultyProxy) -> None:
    content = os.urandom(20_000_000)  # more than a part
    with listening(face) as port:
        client = Client(port)
        place = client.begin("team/app")
        proxy.fail(Fault.SLOW_DOWN, "PUT")
        first = client.ask("PATCH", place, content)
        finish = client.ask("PUT", joined(place, Digest.of(content)), b"")
        refused = [each for each in (first, finish) if each.status == 503]
        assert refused, (first, finish)
        assert "is overloaded or out of order (SlowDown); try again" in refused[0].json["errors"][0]["message"]
        proxy.heal()
        again = Client(port)
        place = again.begin("team/app")
        assert again.ask("PUT", joined(place, Digest.of(content)), content).status == 201
        assert again.ask("GET", f"team/app/blobs/{Digest.of(content)}").content == content
        client.close()
        again.close()


def test_resets_of_the_database_lose_no_push_that_was_answered(face: Face, link: FaultyLink) -> None:
    answered = []
    for number in range(8):
        if number in (2, 5):
            link.reset()
        content = f"layer {number}".encode()
        answer = ask(face, f"team/app/blobs/uploads/?digest={Digest.of(content)}", "POST", content)
        assert answer.status in (201, 503), answer.content
        if answer.status == 201:
            answered.append(content)
        else:
            assert "cannot be used now" in answer.json["errors"][0]["message"]
    assert len(answered) >= 6
    for content in answered:
        assert ask(face, f"team/app/blobs/{Digest.of(content)}").content == content


def test_a_database_that_takes_no_connection_refuses_what_it_has_to_write_and_heals(
    face: Face, link: FaultyLink
) -> None:
    pushed = image(face)
    assert put(face, "1", pushed).status == 201
    link.down = True
    link.reset()
    answer = ask(face, "team/app/blobs/uploads/", "POST", b"")
    assert answer.status == 503
    assert "cannot be used now" in answer.json["errors"][0]["message"]
    assert ask(face, "team/app/manifests/1").json == pushed, "what is here is served"
    link.down = False
    wait_until(lambda: ask(face, "/readyz").status == 200)
    send(face, b"after")
    assert put(face, "2", pushed).status == 201
