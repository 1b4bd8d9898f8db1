"""A daemon's list while the daemon hangs, goes away and comes back; no daemon needed for that."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest

from imagedepot.errors import ImageNotFound, StoreUnavailable
from imagedepot.model.image import ImageType, InstalledImage
from imagedepot.stores.shared.followed import FollowedImages
from tests.ground.waiting import wait_until

ONE, TWO = (InstalledImage(ImageType.DOCKER, name, "1", 1) for name in ("one", "two"))


class Daemon:
    """Answers `rows`, or raises `error`; `changed` is its event, `hang` makes every question wait."""

    def __init__(self, *rows: InstalledImage) -> None:
        self.rows = rows
        self.error: Exception | None = None
        self.asked = 0
        self.hang = threading.Event()
        self.hang.set()
        self._change = threading.Semaphore(0)
        self._over = False

    def read(self) -> tuple[InstalledImage, ...]:
        self.asked += 1
        self.hang.wait(20)
        if self.error is not None:
            raise self.error
        return self.rows

    def events(self) -> Generator[None, None, None]:
        while not self._over and self.error is None:
            yield
            self._change.acquire()

    def change(self, *rows: InstalledImage) -> None:
        self.rows = rows
        self._change.release()

    def go(self) -> None:
        self.error = StoreUnavailable("away")
        self._change.release()

    def end(self) -> None:
        self._over = True
        self.hang.set()
        self._change.release()


@contextmanager
def following(daemon: Daemon, gone: list[set[tuple[str, str]]] | None = None) -> Iterator[FollowedImages]:
    lost = gone if gone is not None else []
    followed = FollowedImages(daemon.read, daemon.events, "The daemon", lambda names: lost.append(set(names)))
    followed.start()
    try:
        yield followed
    finally:
        followed.close()
        daemon.end()
        followed.join()


def test_nobody_waits_for_a_daemon_that_hangs_longer_than_he_says() -> None:
    daemon = Daemon(ONE)
    daemon.hang.clear()
    with following(daemon) as followed:
        assert followed.absence(0.01) == "The daemon has not answered yet"
        daemon.hang.set()
        assert followed.current() == (ONE,)
        assert followed.absence(0) is None


def test_a_list_is_reported_again_when_it_changes_and_asked_no_more_than_that() -> None:
    daemon, told = Daemon(ONE), threading.Event()
    with following(daemon) as followed:
        assert followed.current() is followed.current()
        asked = daemon.asked
        with followed.watch(told.set):
            daemon.change(ONE, TWO)
            assert told.wait(60)
        assert followed.current() == (ONE, TWO)
        assert daemon.asked == asked + 1


def test_while_away_its_reason_is_reported_at_once_and_it_comes_back_by_itself() -> None:
    daemon = Daemon(ONE)
    with following(daemon) as followed:
        assert followed.current() == (ONE,)
        daemon.go()
        wait_until(lambda: followed.absence(0) == "away")
        for _ in range(100):
            with pytest.raises(StoreUnavailable, match=r"^away$"):
                followed.current()
        assert daemon.asked < 50
        daemon.error = None
        wait_until(lambda: followed.absence(0) is None)
        assert followed.find("one", "1") == ONE
        with pytest.raises(ImageNotFound, match="one:2"):
            followed.find("one", "2")


def test_what_leaves_while_we_look_on_is_reported_and_what_left_meanwhile_is_not() -> None:
    daemon, gone = Daemon(ONE, TWO), []  # type: ignore[var-annotated]
    with following(daemon, gone) as followed:
        assert followed.current() == (ONE, TWO)
        daemon.change(ONE)
        wait_until(lambda: gone == [{("two", "1")}])
        daemon.go()
        wait_until(lambda: followed.absence(0) is not None)
        daemon.rows, daemon.error = (), None
        wait_until(lambda: followed.absence(0) is None)
        assert gone == [{("two", "1")}]


def test_an_answer_that_nobody_expects_does_not_end_the_following() -> None:
    daemon = Daemon(ONE)
    with following(daemon) as followed:
        assert followed.current() == (ONE,)
        daemon.error = KeyError("Id")
        daemon.change()
        wait_until(lambda: followed.absence(0) == "The daemon sent an answer that is not understood")
        daemon.error = None
        daemon.change(TWO)
        wait_until(lambda: followed.snapshot == (TWO,))
