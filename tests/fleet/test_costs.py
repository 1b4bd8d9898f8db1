"""What a pull, a push and a look at a tag cost does not grow with what is here, nor with how many clients ask."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from imagedepot.model.names.s3_address import S3Address
from soak.clients import Crowd
from tests.api.face import Face
from tests.api.listening import listening
from tests.fleet.costs import Cost, check_tag, cost, pull, push
from tests.ground.postgres import Cluster

NOBODY = "http://127.0.0.1:9"
LAYERS = 8


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory, setting: str, cluster: Cluster) -> Iterator[Face]:
    database = cluster.make_database().uri
    with Face(
        tmp_path_factory.mktemp("costs"), blobs=setting, database=database, registry_url=NOBODY, hub_url=NOBODY
    ) as running:
        yield running


def costs(face: Face) -> dict[str, Cost]:
    tags = iter(range(100))
    return {
        "pull": cost([face], lambda: pull(face, "team/app", "1")),
        "tag": cost([face], lambda: check_tag(face, "team/app", "1")),
        "push": cost([face], lambda: push(face, "team/app", f"new-{next(tags)}", LAYERS)),
    }


def test_no_cost_grows_with_the_number_of_images(face: Face) -> None:
    push(face, "team/app", "1", LAYERS)
    few = costs(face)
    for number in range(25):
        push(face, f"crowd/image-{number}", "1", 2)
    many = costs(face)
    for name, before in few.items():
        assert many[name].statements <= before.statements + 2, name
        assert many[name].requests <= before.requests + 2, name
    requests = LAYERS + 2
    assert many["pull"].statements <= 2 * requests
    assert many["pull"].requests <= 2 * requests
    assert many["tag"].statements <= 2
    assert many["tag"].requests <= 2
    assert many["push"].statements <= 12 * requests
    assert many["push"].requests <= 4 * requests


def test_each_of_many_clients_costs_what_one_does(face: Face) -> None:
    """The short form of `make soak SOAK=clients`."""
    push(face, "team/crowd", "1", 2)
    one = cost([face], lambda: pull(face, "team/crowd", "1"))
    clients = 30

    def crowd() -> None:
        with ThreadPoolExecutor(10) as pool:
            assert sum(pool.map(lambda _: pull(face, "team/crowd", "1"), range(clients))) == clients * 4

    together = cost([face], crowd, 1)
    assert together.statements <= clients * (one.statements + 1) + 20
    assert together.requests <= clients * (one.requests + 1)


def test_a_crowd_that_pulls_and_pushes_over_real_connections_gets_every_byte(face: Face) -> None:
    with listening(face) as port:
        crowd = Crowd([port], 20, 3)
        assert crowd.turns(20, 0, pause=0.1) == 20
    assert crowd.failures == []
    assert crowd.had_turn == 20


def test_a_crowd_on_two_nodes_gets_every_byte(tmp_path: Path, address: S3Address, cluster: Cluster) -> None:
    blobs = f"s3://{address.bucket}/{address.prefix}?endpoint={address.endpoint}&region=us-east-1"
    shared = {"blobs": blobs, "database": cluster.make_database().uri, "registry_url": NOBODY, "hub_url": NOBODY}
    with (
        Face(tmp_path / "one", **shared) as one,
        Face(tmp_path / "other", **shared) as other,
        listening(one) as first,
        listening(other) as second,
    ):
        crowd = Crowd([first, second], 12, 3)
        assert crowd.turns(12, 0, pause=0.1) == 12
    assert crowd.failures == []


def test_a_list_of_what_is_here_asks_for_no_blob(face: Face) -> None:
    assert cost([face], lambda: face.get("/image/?from=local")).requests == 0
