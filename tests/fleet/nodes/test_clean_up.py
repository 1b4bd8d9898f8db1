"""Clean-ups on several nodes take what nothing names, and nothing that another node is at work with."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from imagedepot.content.backends.s3.blobs import S3Blobs
from imagedepot.content.gc import Freed
from imagedepot.content.leases import Leases
from imagedepot.database.fleet.leases import RowLeases
from imagedepot.errors import StorageFailure
from imagedepot.model.digest import Digest
from tests.api.face import Face
from tests.ground.waiting import wait_until
from tests.registry.asking import ask
from tests.registry.test_push import image, put, send

Nodes = Callable[..., Face]


def blobs_of(face: Face) -> S3Blobs:
    """Without a grace time, so that leases alone protect."""
    blobs = face.services.blobs
    assert isinstance(blobs, S3Blobs)
    blobs.grace = 0.0
    return blobs


def sweep(face: Face) -> Freed:
    return face.services.stores.collector.sweep(keep_partials=())


def test_what_one_node_leases_no_other_one_deletes(face: Nodes) -> None:
    one, other = blobs_of(face()), face()
    blobs_of(other)
    held = one.put(b"on its way to be named")
    one.put(b"garbage")
    with one.lease() as lease:
        lease.pin([held])
        lease.pin_partial("upload-x")
        assert other.services.blobs.leased() == {held}
        assert other.services.blobs.leased_keys() == {held.key, "upload-x"}
        assert sweep(other) == Freed(7, 1)
        assert one.has(held)
    assert sweep(other).files == 1
    assert not other.services.blobs.leased()


def test_what_is_leased_after_it_went_is_seen_to_be_gone(face: Nodes) -> None:
    one, other = blobs_of(face()), face()
    blobs_of(other)
    digest = one.put(b"garbage")
    assert one.has(digest), "and remembers it for ten seconds"
    sweep(other)
    with one.lease() as lease:
        lease.pin([digest])
        assert not one.has(digest)


def test_no_lease_begins_on_any_node_while_a_batch_is_deleted(face: Nodes) -> None:
    one, other = blobs_of(face()), blobs_of(face())
    pinned = threading.Event()

    def pin() -> None:
        with other.lease() as lease:
            lease.pin([Digest.of(b"x")])
            pinned.set()

    with ThreadPoolExecutor(1) as pool:
        with one.no_new_leases():
            waits = pool.submit(pin)
            assert not pinned.wait(0.3)
        waits.result(60)


def test_one_node_cleans_up_at_a_time(face: Nodes) -> None:
    one, other = face(), face()
    blobs_of(one).put(b"garbage")
    blobs_of(other)
    with other.services.blobs.sweeping() as is_mine:
        assert is_mine
        assert sweep(one) == Freed(0, 0)
    assert sweep(one) == Freed(7, 1)


def test_what_another_node_has_just_named_is_known_before_it_would_go(face: Nodes) -> None:
    one, other = face(), face()
    blobs_of(one), blobs_of(other)
    pushed = image(one)
    assert put(one, "1", pushed).status == 201
    other.services.stores.collector.sweep()
    for part in (pushed["config"], *pushed["layers"]):
        assert ask(other, f"team/app/blobs/{part['digest']}").status == 200


def test_what_was_written_lately_stays_for_the_grace_time(face: Nodes) -> None:
    one, other = face(), face()
    fresh = one.services.blobs.put(b"fresh")
    assert sweep(other) == Freed(0, 0)
    assert one.services.blobs.has(fresh)


def test_a_clean_up_that_cannot_know_what_others_named_deletes_nothing(face: Nodes) -> None:
    one, other = face(), face()
    garbage = blobs_of(one).put(b"garbage")
    leases = RowLeases(other.services.fleet.database, Leases(), _unknown)  # type: ignore[union-attr]
    with pytest.raises(StorageFailure, match="not known"), leases.no_new_leases():
        pass
    assert one.services.blobs.has(garbage)


def _unknown() -> None:
    raise StorageFailure("not known")


def test_a_blob_that_a_client_asks_for_again_is_kept_on_every_node(face: Nodes) -> None:
    one, other = face(), face()
    blobs_of(one), blobs_of(other)
    digest = send(one, b"pushed long ago")
    later = timedelta(hours=23, minutes=59)
    for each in (one, other):
        repositories = each.services.pushing.repositories
        now = repositories._now
        repositories._now = lambda now=now: now() + later  # type: ignore[misc]
    assert ask(one, f"team/app/blobs/{digest}", "HEAD").status == 200
    for each in (one, other):
        now = each.services.pushing.repositories._now
        each.services.pushing.repositories._now = lambda now=now: now() + timedelta(minutes=5)  # type: ignore[misc]
    other.services.fleet.feed.poll()  # type: ignore[union-attr]
    other.services.pushing.repositories.drop_stale_blobs()
    sweep(other)
    assert ask(one, f"team/app/blobs/{digest}").content == b"pushed long ago"


def test_sweeps_in_a_loop_beside_pushes_on_every_node_lose_nothing(face: Nodes) -> None:
    nodes = [face(), face(), face()]
    for each in nodes:
        blobs_of(each)
    over = threading.Event()
    swept: list[int] = []

    def clean(node: Face) -> None:
        while not over.is_set():
            swept.append(sweep(node).files)

    with ThreadPoolExecutor(3) as pool:
        sweeps = [pool.submit(clean, node) for node in nodes[:2]]
        for number in range(8):
            node = nodes[number % 3]
            config = send(node, f"config {number}".encode(), f"team/app{number}")
            pushed = image(nodes[(number + 1) % 3], f"team/app{number}")
            assert put(nodes[(number + 2) % 3], "1", pushed, f"team/app{number}").status == 201
            assert config
        wait_until(lambda: len(swept) >= 6, 60)
        over.set()
        for done in sweeps:
            done.result(60)
    for number in range(8):
        for part in (pushed["config"], *pushed["layers"]):
            assert ask(nodes[0], f"team/app{number}/blobs/{part['digest']}").status == 200
