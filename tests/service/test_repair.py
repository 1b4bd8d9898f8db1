"""`verify --repair`: what is wrong is put aside and fetched again by digest; until then its image is not listed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from imagedepot.content.verify import Verifier
from imagedepot.errors import NetworkLost
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.digest import Digest
from imagedepot.service.repair import Repair, Verdict
from tests.service.kit import Held, Kit, layer, request


class House(Kit):
    def verify(self, repair: bool) -> Verdict:
        verifier = Verifier(self.blobs, self.store.references)
        depots = {DOCKERHUB: self.depot}
        return Repair(verifier, self.blobs, lambda: [self.store], list, depots, self.pipeline).verify(repair)

    def reopened(self) -> House:
        return House(self.folder, self.depot)


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path)
    house.depot.add("lab/app:1", layer(1000, 1), layer(1000, 2))
    house.depot.add("lab/other:1", layer(1000, 3))
    for name in ("lab/app", "lab/other"):
        house.pull(request(name))
    house.depot.asked.clear()
    house.depot.opened.clear()
    return house


def app(house: House) -> Held:
    return next(iter(house.depot.images["lab/app:1"].values()))


def damage(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


Harm = Callable[[House], Digest]


def harm_layer(house: House) -> Digest:
    digest = app(house).layers[1].digest
    damage(house.blobs.path(digest))
    return digest


def lose_config(house: House) -> Digest:
    digest = app(house).config.digest
    house.blobs.path(digest).unlink()
    return digest


def harm_manifest(house: House) -> Digest:
    digest = app(house).root.digest
    damage(house.blobs.path(digest))
    return digest


HARMS = pytest.mark.parametrize("harm", [harm_layer, lose_config, harm_manifest])


def test_a_good_store_asks_nobody(house: House) -> None:
    assert house.verify(repair=True).problems == ()
    assert house.depot.asked == []


def test_looking_names_what_is_wrong_and_changes_nothing(house: House) -> None:
    digest = harm_layer(house)
    before = house.files()
    ((problem, repaired),) = house.verify(repair=False).problems
    assert (problem.digest, problem.images, repaired) == (str(digest), ("lab/app:1",), False)
    assert house.files() == before
    assert house.names() == ["lab/app:1", "lab/other:1"]


@HARMS
@pytest.mark.parametrize("restarted", [False, True])
def test_what_is_wrong_is_fetched_again_by_digest(house: House, harm: Harm, restarted: bool) -> None:
    digest = harm(house)
    house = house.reopened() if restarted else house
    root = app(house).root.digest
    house.depot.add("lab/app:1", layer(1000, 9))  # the tag has moved on since
    verdict = house.verify(repair=True)
    assert {problem.digest: repaired for problem, repaired in verdict.problems} == {str(digest): True}
    assert house.depot.asked == [f"GET lab/app@{root}"]
    assert {each for each, _ in house.depot.opened} <= {digest}
    assert house.names() == ["lab/app:1", "lab/other:1"]
    assert next(each for each in house.store.images() if each.name == "lab/app").digest == root
    assert house.verify(repair=False).problems == ()
    house.store.inspect("lab/app", "1")


@HARMS
def test_while_the_upstream_is_away_the_image_is_not_listed_and_stays_a_problem(house: House, harm: Harm) -> None:
    harm(house)
    house.depot.errors = [NetworkLost("away")] * 100_000
    assert {repaired for _, repaired in house.verify(repair=True).problems} == {False}
    for opened in (house, house.reopened()):
        assert opened.names() == ["lab/other:1"]
        opened.collector.sweep()
        (problem,) = [problem for problem, _ in opened.verify(repair=False).problems]
        assert problem.images == ("lab/app:1",)
        assert problem.reason == "it is missing"
    house.depot.errors.clear()
    late = house.reopened()
    assert {repaired for _, repaired in late.verify(repair=True).problems} == {True}
    assert late.names() == ["lab/app:1", "lab/other:1"]


def test_a_set_aside_image_is_back_when_another_download_brings_what_it_lacked(house: House) -> None:
    harm_layer(house)
    house.depot.errors = [NetworkLost("away")] * 100_000
    house.verify(repair=True)
    house.depot.errors.clear()
    house.depot.add("lab/third:1", layer(1000, 2))
    house.pull(request("lab/third"))
    assert house.names() == ["lab/app:1", "lab/other:1", "lab/third:1"]
    assert house.verify(repair=False).problems == ()


def test_what_no_image_needs_is_repaired_by_being_away(house: House) -> None:
    (house.blobs.blobs / "sha256" / "stray").write_bytes(b"x")
    assert [repaired for _, repaired in house.verify(repair=True).problems] == [True]
    assert house.verify(repair=False).problems == ()
    assert house.depot.asked == []


def test_a_set_aside_image_can_be_removed_and_is_a_problem_no_more(house: House) -> None:
    harm_layer(house)
    house.depot.errors = [NetworkLost("away")] * 100_000
    house.verify(repair=True)
    house.store.remove("lab/app", "1")
    assert house.verify(repair=False).problems == ()
    assert house.names() == ["lab/other:1"]
    assert not house.blobs.has(app(house).config.digest)
