"""A service whose blobs are in a bucket serves pulls, pushes and downloads; users, rows and index are in its folder."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imagedepot.content.backends.s3.blobs import S3Blobs
from imagedepot.content.backends.s3.bucket import Bucket
from imagedepot.model.content.manifest import OCI_CONFIG, OCI_MANIFEST
from imagedepot.model.digest import Digest
from imagedepot.model.names.s3_address import S3Address
from tests.api.face import Face
from tests.api.listening import listening
from tests.fakes import delivery
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.fleet.faulty_proxy import Fault, FaultyProxy
from tests.ground.images import push_image, random_layer
from tests.ground.waiting import wait_until
from tests.registry.asking import ask
from tests.registry.over_http import Client, joined
from tests.registry.test_push import CONFIG, described, image, put, send

NOBODY = "http://127.0.0.1:9"
LARGE = 40_000_000  # three parts


def setting(address: S3Address, endpoint: str, more: str = "") -> str:
    return f"s3://{address.bucket}/{address.prefix}?endpoint={endpoint}&region=us-east-1{more}"


@pytest.fixture
def proxy(address: S3Address) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(address.endpoint).start()
    yield proxy
    proxy.stop()


@pytest.fixture
def face(tmp_path: Path, address: S3Address, proxy: FaultyProxy) -> Iterator[Face]:
    blobs = setting(address, proxy.endpoint)
    with Face(tmp_path / "data", blobs=blobs, registry_url=NOBODY, hub_url=NOBODY) as running:
        yield running


def requests_of(face: Face) -> Any:
    blobs = face.services.blobs
    assert isinstance(blobs, S3Blobs)
    return blobs._bucket.requests


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_is_pushed_is_in_the_bucket_and_is_pulled_from_there(face: Face, bucket: Bucket) -> None:
    pushed = image(face)
    assert put(face, "1", pushed).status == 201
    layer = pushed["layers"][0]["digest"]
    assert f"blobs/{layer.replace(':', '/')}" in [each.key for each in bucket.list("blobs/")]
    assert list(bucket.list("uploads/")) == []
    assert files_below(face.folder / "content/blobs") == files_below(face.folder / "partial") == []
    answer = ask(face, "team/app/manifests/1")
    assert json.loads(answer.content) == pushed
    whole = ask(face, f"team/app/blobs/{layer}")
    part = ask(face, f"team/app/blobs/{layer}", Range="bytes=10-19")
    head = ask(face, f"team/app/blobs/{layer}", "HEAD")
    assert (whole.status, part.status, part.content) == (200, 206, whole.content[10:20])
    assert head.headers["content-length"] == str(len(whole.content))
    assert Digest.of(whole.content) == Digest.parse(layer)
    # Once it was read whole it is on this disk as well, and asks for nothing but whether it is still there.
    requests_of(face).clear()
    assert ask(face, f"team/app/blobs/{layer}").content == whole.content
    assert set(requests_of(face)) <= {"HeadObject"}


def test_a_push_of_eight_layers_and_a_pull_cost_a_constant_for_each_blob(face: Face) -> None:
    bodies = [CONFIG, *(os.urandom(5000) for _ in range(8))]
    layers = [described("application/vnd.oci.image.layer.v1.tar", each) for each in bodies[1:]]
    body = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": described(OCI_CONFIG, CONFIG), "layers": layers}

    def push() -> None:
        for each in bodies:
            send(face, each)
        assert put(face, "1", body).status == 201

    def pull() -> None:
        assert ask(face, "team/app/manifests/1").json == body
        for each in bodies:
            assert ask(face, f"team/app/blobs/{Digest.of(each)}").content == each

    costs = requests_of(face)
    costs.clear()
    push()
    # A look before each upload and one after it; then the manifest, which is read back with its config.
    assert dict(costs) == {"ListObjectsV2": 18, "PutObject": 10, "GetObject": costs["GetObject"]}
    assert costs["GetObject"] <= 3
    costs.clear()
    pull()
    assert set(costs) <= {"GetObject", "HeadObject"}
    assert costs["GetObject"] <= 9
    assert costs["HeadObject"] <= 10
    costs.clear()
    pull()  # from the cache
    assert set(costs) <= {"HeadObject"}
    assert costs["HeadObject"] <= 10


def test_a_large_blob_comes_in_chunks_and_goes_on_after_a_restart(
    tmp_path: Path, address: S3Address, bucket: Bucket
) -> None:
    content = os.urandom(LARGE)
    settings = {"blobs": setting(address, address.endpoint), "registry_url": NOBODY, "hub_url": NOBODY}
    cut = 17_000_001
    with Face(tmp_path, **settings) as face, listening(face) as port:
        client = Client(port)
        place = client.begin("team/app")
        answer = client.ask("PATCH", place, content[:cut])
        assert (answer.status, answer.headers["range"]) == (202, f"0-{cut - 1}")
        client.close()
    assert sum(each.size for each in bucket.list("uploads/")) == cut
    with Face(tmp_path, **settings) as face, listening(face) as port:
        client = Client(port)
        assert client.ask("GET", place).headers["range"] == f"0-{cut - 1}"
        digest = Digest.of(content)
        assert client.ask("PUT", joined(place, digest), content[cut:]).status == 201
        assert client.ask("GET", f"team/app/blobs/{digest}").content == content
        client.close()
    assert list(bucket.list("uploads/")) == []
    assert bucket.head(f"blobs/sha256/{digest.hex}").size == LARGE


def test_clients_follow_a_blob_that_is_fetched_into_the_bucket(
    tmp_path: Path, address: S3Address, faulty_registry: FaultyRegistry
) -> None:
    layer = random_layer(LARGE)
    pushed = push_image(faulty_registry.upstream.url, "lab/large", "1", [layer])
    settings = {"blobs": setting(address, address.endpoint), "hub_url": NOBODY, "registry_url": faulty_registry.url}
    gate = Gate()
    with Face(tmp_path, **settings) as face, listening(face) as port:
        assert ask(face, "lab/large/manifests/1").status == 200
        faulty_registry.inject(delivery.hold(gate, at=LARGE // 2), f"*/blobs/{pushed.layers[0]}")
        first, second = Client(port), Client(port)
        path = f"/v2/lab/large/blobs/{pushed.layers[0]}"
        first._line.request("GET", path)
        begun = first._line.getresponse()
        head = begun.read(1_000_000)  # while half of it has not arrived
        second._line.request("GET", path)
        late = second._line.getresponse()
        head_of_late = late.read(1_000_000)
        gate.open()
        assert head + begun.read() == layer
        assert head_of_late + late.read() == layer
        assert faulty_registry.requests.count(f"*/blobs/{pushed.layers[0]}", "GET") == 1
        first.close()
        second.close()


def test_an_image_is_downloaded_listed_verified_and_removed(
    tmp_path: Path, address: S3Address, bucket: Bucket, faulty_registry: FaultyRegistry
) -> None:
    layer = random_layer(300_000)
    push_image(faulty_registry.upstream.url, "lab/app", "1", [layer])
    settings = {"blobs": setting(address, address.endpoint), "hub_url": NOBODY, "registry_url": faulty_registry.url}
    with Face(tmp_path, **settings) as face:
        assert face.download("dockerhub/docker/lab/app/1")["status"] == "done"
        assert [row["name"] for row in face.get("/image/?from=local")["results"]] == ["lab/app"]
        assert face.post("/space/verify", {})["problems"] == []
    with Face(tmp_path, **settings) as face:
        assert ask(face, f"lab/app/blobs/{Digest.of(layer)}").content == layer
        assert face.get("/space/")["used"] > len(layer)
        face.post("/space/cleanup", {})
        assert bucket.head(f"blobs/sha256/{Digest.of(layer).hex}").size == len(layer)


def test_clients_are_sent_to_the_bucket_where_they_can_reach_it(
    tmp_path: Path, address: S3Address, proxy: FaultyProxy
) -> None:
    blobs = setting(address, proxy.endpoint, f"&public={address.endpoint}")
    with Face(tmp_path, blobs=blobs, registry_url=NOBODY, hub_url=NOBODY) as face:
        pushed = image(face)
        put(face, "1", pushed)
        layer = pushed["layers"][0]["digest"]
        answer = ask(face, f"team/app/blobs/{layer}", Range="bytes=0-9")
        place = answer.headers["location"]
        assert (answer.status, place.startswith(f"{address.endpoint}/")) == (307, True)
        with urllib.request.urlopen(place, timeout=60) as sent:
            assert Digest.of(sent.read()) == Digest.parse(layer)
        assert ask(face, f"team/app/blobs/{layer}", "HEAD").status == 200


def test_a_store_that_is_away_is_a_503_with_its_reason_and_heals(face: Face, proxy: FaultyProxy) -> None:
    pushed = image(face)
    put(face, "1", pushed)
    proxy.fail(Fault.CUT_BEFORE)
    unknown = Digest.of(b"unknown")
    answer = ask(face, f"team/app/blobs/uploads/?digest={unknown}", "POST", b"unknown")
    assert answer.status == 503, answer.content
    assert "does not answer" in answer.json["errors"][0]["message"]
    ready = ask(face, "/readyz")
    assert ready.status == 503
    assert b"blobs" in ready.content
    proxy.heal()
    assert ask(face, f"team/app/blobs/uploads/?digest={unknown}", "POST", b"unknown").status == 201
    wait_until(lambda: ask(face, "/readyz").status == 200)
    layer = pushed["layers"][0]["digest"]
    assert Digest.of(ask(face, f"team/app/blobs/{layer}").content) == Digest.parse(layer)
