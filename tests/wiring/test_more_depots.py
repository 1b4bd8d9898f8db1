"""Depots beside those of every service: two registries of one kind, each under an id of its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from imagedepot.model.depot import DepotId
from imagedepot.wiring.depots import Builders
from imagedepot.wiring.upstreams import Upstreams
from tests.api.conftest import NOBODY
from tests.api.face import Face
from tests.depots.registry_depot import RegistryDepot
from tests.ground.images import push_image, random_layer
from tests.ground.needs import require
from tests.ground.registry import DockerRegistry

ATTIC, CELLAR = DepotId("attic"), DepotId("cellar")


class House:
    """A service whose two further depots are real registries: `team/alpha` is in the one, `team/beta` in the other."""

    def __init__(self, folder: Path, attic: DockerRegistry, cellar: DockerRegistry) -> None:
        self.folder = folder
        self.alpha = f"{attic.host}/team/alpha"
        self.beta = f"{cellar.host}/team/beta"
        self.hosts = {ATTIC: attic.host, CELLAR: cellar.host}
        push_image(attic.url, "team/alpha", "1", [random_layer(3000, seed=1)])
        push_image(cellar.url, "team/beta", "1", [random_layer(3000, seed=2)])

    def face(self, *, with_depots: bool = True) -> Face:
        hosts = self.hosts if with_depots else {}

        def more(upstreams: Upstreams) -> Builders:
            return {id_: partial(RegistryDepot, id_, host, upstreams.source) for id_, host in hosts.items()}

        return Face(self.folder, more, **NOBODY, insecure_registries=",".join(self.hosts.values()))


@pytest.fixture
def house(tmp_path: Path, docker_registry: DockerRegistry) -> Iterator[House]:
    require("docker-registry")
    second = DockerRegistry(tmp_path / "cellar").start()
    try:
        yield House(tmp_path / "data", docker_registry, second)
    finally:
        second.stop()


def test_two_registries_of_one_kind_are_two_depots(house: House) -> None:
    with house.face() as face:
        for id_, name in ((ATTIC, house.alpha), (CELLAR, house.beta)):
            listing = face.get(f"/image/?from={id_}")
            assert [(row["name"], row["from"], row["installed"]) for row in listing["results"]] == [(name, id_, False)]
            assert face.get(f"/image/{id_}/docker/{name}/1/platforms")["host"]
            download = face.download(f"{id_}/docker/{name}/1")
            assert (download["from"], download["name"], download["status"]) == (id_, name, "done")
            assert face.get(f"/image/docker/{name}/1/inspect")["Architecture"] == "amd64"
            assert face.get(f"/image/docker/{name}/1/update")["update"] is False
            assert [row["installed"] for row in face.get(f"/image/?from={id_}")["results"]] == [True]
        installed = {row["name"]: row["depot"] for row in face.get("/image/")["results"]}
        assert installed == {house.alpha: ATTIC, house.beta: CELLAR}
        assert {row["from"] for row in face.get("/downloads")} == {ATTIC, CELLAR}
        assert face.get("/openapi.json")["components"]["schemas"]["DepotName"]["enum"] == [
            *("appcenter", "attic", "cellar", "dockerhub", "local", "official")
        ]


def test_what_came_from_a_depot_outlives_it(house: House) -> None:
    with house.face() as face:
        face.download(f"{ATTIC}/docker/{house.alpha}/1")
        face.services.downloads.set_limit(0)
        face.post(f"/image/{CELLAR}/docker/{house.beta}/1/download")
    with house.face(with_depots=False) as face:
        assert [(row["name"], row["depot"]) for row in face.get("/image/")["results"]] == [(house.alpha, ATTIC)]
        assert face.get(f"/image/docker/{house.alpha}/1/update")["update"] is False
        failed = face.ended()
        assert (failed["status"], failed["from"]) == ("failed", CELLAR)
        assert failed["error"].startswith(f"{house.beta}:1 is from the depot cellar, which is no longer there")
        assert "Unknown depot 'attic'" in face.call("GET", "/image/?from=attic").message
        assert "Unknown depot 'attic'" in face.call("POST", f"/image/attic/docker/{house.beta}/1/download").message
