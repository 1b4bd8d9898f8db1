"""Nodes take downloads from one line: each is at work at one node, shown at all, and goes on when that node dies."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text

from imagedepot.database.connection import Database
from imagedepot.model.digest import Digest
from imagedepot.model.names.postgres_address import PostgresAddress
from tests.api.face import Face
from tests.e2e.service import Service
from tests.fakes import delivery
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.ground.images import push_image, random_layer
from tests.ground.waiting import wait_until
from tests.registry.over_http import Client

LARGE = 56_000_000  # three parts and a bit
TAKEN_OVER = 60.0  # 15 s is promised; a busy machine needs longer for the rest of it


def names(face: Face) -> list[str]:
    return [row["name"] for row in face.get("/image/?from=local")["results"]]


def test_one_download_is_shown_joined_and_cancelled_at_every_node(
    face: Callable[..., Face], faulty_registry: FaultyRegistry
) -> None:
    pushed = push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(300_000)])
    gate = Gate()
    faulty_registry.inject(delivery.hold(gate, at=100_000), f"*/blobs/{pushed.layers[0]}")
    one, other = face(registry_url=faulty_registry.url), face(registry_url=faulty_registry.url)
    path = "/image/dockerhub/docker/lab/app/1/download"
    one.post(path)
    gate.wait_reached(60)
    other.post(path)
    (row,) = other.get("/downloads")
    assert [each["id"] for each in one.get("/downloads")] == [row["id"]]
    wait_until(lambda: other.get("/downloads")[0]["bytes"] > 0)
    assert other.get("/image/downloadstatus")[0]["name"] == "lab/app"
    assert other.call("DELETE", f"/downloads/{row['id']}").status == 200
    for each in (one, other):
        wait_until(lambda each=each: each.get("/downloads")[0]["status"] == "cancelled")  # type: ignore[misc]
    assert one.get("/image/downloadstatus") == []
    gate.open()
    other.post(f"/downloads/{row['id']}/retry")
    assert other.ended()["status"] == "done"
    assert names(one) == names(other) == ["lab/app"]


def test_the_fleet_runs_no_more_than_its_limit(face: Callable[..., Face], faulty_registry: FaultyRegistry) -> None:
    gate = Gate()
    for number in range(3):
        pushed = push_image(faulty_registry.upstream.url, f"lab/{number}", "1", [random_layer(9000, number)])
        faulty_registry.inject(delivery.hold(gate, at=1000), f"*/blobs/{pushed.layers[0]}")
    settings = {"registry_url": faulty_registry.url, "fleet_downloads": "2", "max_downloads": "1"}
    one, other = face(**settings), face(**settings)
    for number in range(3):
        one.post(f"/image/dockerhub/docker/lab/{number}/1/download")
    wait_until(lambda: [row["status"] for row in other.get("/downloads")].count("downloading") == 2, 60)
    assert [row["status"] for row in other.get("/downloads")].count("waiting") == 1
    gate.open()
    one.ended()
    assert sorted(names(other)) == ["lab/0", "lab/1", "lab/2"]


def test_another_node_goes_on_where_a_killed_one_was(
    node: Callable[..., Service], faulty_registry: FaultyRegistry
) -> None:
    layer = random_layer(LARGE)
    pushed = push_image(faulty_registry.upstream.url, "lab/large", "1", [layer])
    blob = f"*/blobs/{pushed.layers[0]}"
    gate = Gate(300)
    faulty_registry.inject(delivery.hold(gate, at=LARGE - 1_000_000), blob)
    first = node(registry_url=faulty_registry.url)
    first.post("/image/dockerhub/docker/lab/large/1/download")
    gate.wait_reached(60)
    second = node(registry_url=faulty_registry.url)
    wait_until(lambda: second.get("/downloads")[0]["bytes"] > 0)
    first.kill()
    gate.open()
    wait_until(lambda: faulty_registry.requests.count(blob, "GET") > 1, TAKEN_OVER)
    assert second.ended()["status"] == "done"
    assert faulty_registry.requests.matching(blob, "GET")[-1].range, "what was stored is not fetched again"
    client = Client(second.port)
    assert Digest.of(client.ask("GET", f"lab/large/blobs/{pushed.layers[0]}").content) == pushed.layers[0]
    client.close()


def test_a_fleet_forgets_downloads_that_ended_long_ago(
    face: Callable[..., Face], shared: dict[str, str], faulty_registry: FaultyRegistry
) -> None:
    push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(9000)])
    one = face(registry_url=faulty_registry.url)
    one.post("/image/dockerhub/docker/lab/app/1/download")
    old = one.ended()
    database = Database(PostgresAddress.parse(shared["database"]))
    with database.session() as session:
        session.execute(text("UPDATE downloads SET ended = ended - interval '31 days'"))
    other = face(registry_url=faulty_registry.url)
    assert other.get("/downloads") == []
    with database.session() as session:
        assert session.execute(text("SELECT count(*) FROM downloads WHERE id = :id"), {"id": old["id"]}).scalar() == 0
    database.close()
