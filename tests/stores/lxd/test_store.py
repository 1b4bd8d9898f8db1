"""LXD, the real one, behind the same seam as our own store."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, StoreUnavailable, UpstreamError
from imagedepot.files.free_space import DiskSpace
from imagedepot.stores.lxc_images.prepare import LxcPreparer
from imagedepot.stores.lxd.client import LxdClient
from imagedepot.stores.lxd.store import LxdStore
from tests.contracts.store import StoreContract
from tests.ground.engines import Lxd
from tests.ground.waiting import wait_until
from tests.stores.kits import LxcKit


def kit_of(lxd: Lxd, folder: Path) -> Iterator[LxcKit]:
    store = LxdStore(LxdClient(lxd.address), LxcPreparer(folder / "ready", DiskSpace(folder)))
    store.start()
    assert store.absence(120) is None
    yield LxcKit(folder, lambda _: store)
    for image in store.images():
        store.remove(image.name, image.tag)
    store.close()


@pytest.fixture
def on_lxd(lxd: Lxd, tmp_path: Path) -> Iterator[LxcKit]:
    yield from kit_of(lxd, tmp_path)


def listed(lxd: Lxd) -> dict[str, str]:
    """What LXD's own client lists: fingerprint by alias."""
    images = json.loads(lxd("image", "list", "--format=json"))
    return {alias["name"]: image["fingerprint"] for image in images for alias in image["aliases"]}


class TestLxd(StoreContract):
    @pytest.fixture
    def kit(self, on_lxd: LxcKit) -> LxcKit:
        return on_lxd


def test_lxds_own_client_lists_what_we_installed(on_lxd: LxcKit, lxd: Lxd) -> None:
    added = on_lxd.add("lab/one")
    assert listed(lxd) == {"lab/one": added.id}
    assert "An image" in lxd("image", "info", "lab/one")


def test_what_others_import_is_listed_by_alias_else_by_os_and_release(on_lxd: LxcKit, lxd: Lxd) -> None:
    files = on_lxd.files("Bookworm")
    lxd("image", "import", *map(str, files), "--alias", "theirs")
    wait_until(lambda: [image.name for image in on_lxd.store.images()] == ["theirs"])
    lxd("image", "alias", "delete", "theirs")
    wait_until(lambda: [image.name for image in on_lxd.store.images()] == ["lab/bookworm"])
    assert on_lxd.store.images()[0].depot is None


def test_a_newer_image_takes_the_name_and_the_older_goes(on_lxd: LxcKit, lxd: Lxd) -> None:
    old, new = on_lxd.add("lab/one"), on_lxd.add("lab/one", release="2")
    assert new.id != old.id
    assert on_lxd.store.images() == (new,)
    assert listed(lxd) == {"lab/one": new.id}
    assert len(json.loads(lxd("image", "list", "--format=json"))) == 1


def test_one_image_by_two_names_keeps_the_other_name(on_lxd: LxcKit, lxd: Lxd) -> None:
    for name in ("lab/b", "lab/a"):
        on_lxd.add(name, release="same")
    assert [image.name for image in on_lxd.store.images()] == ["lab/a", "lab/b"]
    on_lxd.store.remove("lab/b", None)
    assert [image.name for image in on_lxd.store.images()] == ["lab/a"]
    assert list(listed(lxd)) == ["lab/a"]


def test_what_was_said_is_found_again_by_another_process(on_lxd: LxcKit, lxd: Lxd, tmp_path: Path) -> None:
    added = on_lxd.add("lab/one")
    again = LxdStore(LxdClient(lxd.address), lambda _, paths, __: paths)
    assert again.images() == (added,)
    assert again.images()[0].remark.description == "An image"


def test_an_upload_tells_how_far_it_is_and_can_be_stopped(on_lxd: LxcKit) -> None:
    told: list[tuple[int, int]] = []
    on_lxd.add("lab/one", progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] > 0

    def stop(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        on_lxd.add("lab/two", progress=stop)
    assert [image.name for image in on_lxd.store.images()] == ["lab/one"]


def test_a_daemon_that_stands_still_in_the_middle_keeps_nobody_who_cancels(on_lxd: LxcKit, lxd: Lxd) -> None:
    stands, cancellation = threading.Event(), Cancellation()

    def freeze(done: int, total: int) -> None:
        if done and not stands.is_set():
            lxd.freeze()
            stands.set()

    with ThreadPoolExecutor(1) as pool:
        try:
            adding = pool.submit(lambda: on_lxd.add("lab/one", progress=freeze, cancellation=cancellation))
            assert stands.wait(30)
            cancellation.cancel()
            with pytest.raises(Cancelled):
                adding.result(60)
        finally:
            lxd.thaw()
    assert on_lxd.add("lab/one") in on_lxd.store.images(), "whether the daemon has it all the same or not"


def test_what_the_daemon_refuses_is_reported_in_its_words(on_lxd: LxcKit) -> None:
    with pytest.raises(UpstreamError, match=r"refused: .*riscv9"):
        on_lxd.add("lab/odd", architecture="riscv9")
    assert on_lxd.store.images() == ()


def test_a_daemon_that_is_away_is_said_to_be_and_comes_back_by_itself(tmp_path: Path, lxd: Lxd) -> None:
    kits = kit_of(lxd, tmp_path)
    kit = next(kits)
    added = kit.add("lab/one")
    lxd.stop()
    try:
        wait_until(lambda: is_away(kit))
    finally:
        lxd.start()
    wait_until(lambda: not is_away(kit))
    assert kit.store.images() == (added,)
    next(kits, None)


def is_away(kit: LxcKit) -> bool:
    try:
        kit.store.images()
    except StoreUnavailable as error:
        assert "does not answer" in str(error)
        return True
    return False
