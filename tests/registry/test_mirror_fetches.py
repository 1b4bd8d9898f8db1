"""What the mirror is fetching is seen by people: for whom, how far, and until it is here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from imagedepot.model.access.role import Role
from imagedepot.model.access.scope import Scope
from tests.api.conftest import PASSWORD
from tests.api.face import Face
from tests.api.stream import events
from tests.fakes import delivery
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS
from tests.ground.images import Pushed, push_image, random_layer
from tests.ground.waiting import wait_until
from tests.registry.asking import ask

NAME = "lab/fetched"
LAYERS = [random_layer(900_000, seed) for seed in (501, 502)]


@dataclass(frozen=True)
class Held:
    """A mirror whose upstream holds every layer back from byte 500,000 on, until the gate is opened."""

    face: Face
    image: Pushed
    gate: Gate

    @property
    def rows(self) -> list[dict[str, Any]]:
        return list(self.face.get("/mirror/fetches"))

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """A client that takes what there is of the first layer."""
        with self.face.opened("GET", f"/v2/{NAME}/blobs/{self.image.layers[0]}", base="") as answer:
            assert answer.status == 200, answer.read()
            wait_until(lambda: self.rows[0]["waiting"] == 1)
            yield

    def begin(self, *layers: int) -> None:
        """Clients that leave after their first byte, one after the other."""
        for layer in layers:
            with self.face.opened("GET", f"/v2/{NAME}/blobs/{self.image.layers[layer]}", base="") as answer:
                assert answer.status == 200


@pytest.fixture
def held(mirror: Face, faulty_registry: FaultyRegistry) -> Iterator[Held]:
    image = push_image(faulty_registry.upstream.url, NAME, "1", LAYERS)
    gate = Gate()
    faulty_registry.inject(delivery.hold(gate, at=500_000), BLOBS)
    assert ask(mirror, f"{NAME}/manifests/1").status == 200
    yield Held(mirror, image, gate)
    gate.open()


def test_a_fetch_is_shown_with_its_layers_until_it_is_here(held: Held) -> None:
    assert held.rows == []
    held.begin(0, 1)
    wait_until(lambda: held.rows[0]["bytes"] == 1_000_000)
    (row,) = held.rows
    assert (row["name"], row["total"]) == (NAME, sum(map(len, LAYERS)))
    assert {layer["digest"]: layer["bytes"] for layer in row["layers"]} == dict.fromkeys(
        map(str, held.image.layers), 500_000
    )
    assert held.face.get("/downloads") == []
    held.gate.open()
    wait_until(lambda: held.rows == [])


def test_who_waits_for_it_is_shown_while_he_waits(held: Held) -> None:
    with held.waiting():
        assert held.rows[0]["clients"] == ["127.0.0.1"]
    wait_until(lambda: held.rows[0]["waiting"] == 0)
    assert held.rows[0]["clients"] == []


def test_addresses_of_clients_are_for_administrators(held: Held) -> None:
    with held.waiting():
        for name, role, seen in (("ada", Role.ADMIN, ["127.0.0.1"]), ("vic", Role.VIEWER, [])):
            held.face.services.access.add(name, PASSWORD, role)
            held.face.log_in(name, PASSWORD)
            assert (held.rows[0]["waiting"], held.rows[0]["clients"]) == (1, seen)
        access = held.face.services.access
        held.face.cookie = ""
        for scope, seen in ((Scope.ADMIN, ["127.0.0.1"]), (Scope.READ, [])):
            token = access.add_token(access.owner(), scope.value, [scope], ["*"], None, "ada")[1]
            asked = held.face.call("GET", "/mirror/fetches", headers={"Authorization": f"Bearer {token}"})
            assert asked.json[0]["clients"] == seen


def test_listeners_hear_that_a_fetch_begins_and_ends_and_that_its_client_leaves(held: Held) -> None:
    with events(held.face) as reader:
        reader.next()
        with held.waiting():
            assert reader.until("mirror").data == {}
        while held.rows[0]["waiting"]:
            reader.until("mirror")
        held.gate.open()
        while held.rows:
            reader.until("mirror")
