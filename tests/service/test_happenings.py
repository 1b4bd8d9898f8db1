"""What happens in the service is told of, once, and in a sentence."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path

from imagedepot.content.verify import Problem, Verifier
from imagedepot.database.connection import Database
from imagedepot.database.rows.signing_keys import SigningKeys
from imagedepot.database.rows.tokens import TokenRows
from imagedepot.database.rows.users import UserRows
from imagedepot.errors import StorageFailure, TooManyLogins, Unauthenticated
from imagedepot.files.free_space import Space
from imagedepot.model.access.role import Role
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.download import Download, DownloadStatus, Part, PartStatus
from imagedepot.model.image import ImageRequest, ImageType
from imagedepot.model.notices.happening import Event, Happening
from imagedepot.service.access.access import Access
from imagedepot.service.access.known_browsers import KnownBrowsers
from imagedepot.service.access.login_throttle import LoginThrottle
from imagedepot.service.access.passwords import Passwords
from imagedepot.service.access.tokens import Tokens
from imagedepot.service.happenings import (
    Happenings,
    download_ended,
    faults_found,
    login_attempts,
    low_disk,
    update_available,
)
from imagedepot.service.low_disk import DiskWatch
from imagedepot.service.repair import Repair
from tests.service.access.test_access import CHEAP
from tests.service.kit import Kit, layer, request

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
REQUEST = ImageRequest(DOCKERHUB, ImageType.DOCKER, "lab/app", "1")
PARTS = (Part("sha256-x", 10, 10, PartStatus.DONE),)


def ended(status: DownloadStatus, parts: tuple[Part, ...] = PARTS, error: str | None = None) -> Happening | None:
    return download_ended(Download("7", REQUEST, status, NOON, NOON, error, parts=parts))


def test_a_listener_that_breaks_harms_neither_the_others_nor_the_publisher() -> None:
    def broken(_: Happening) -> None:
        raise ValueError

    told: list[Happening] = []
    happenings, news = Happenings(), low_disk(1, 2)
    with happenings.subscribed(broken), happenings.subscribed(told.append):
        happenings.publish(news)
    happenings.publish(news)
    assert told == [news]


def test_a_download_is_told_of_by_its_end() -> None:
    done, failed = ended(DownloadStatus.DONE), ended(DownloadStatus.FAILED, error="docker.io/lab/app:1: no such image")
    assert done is not None
    assert failed is not None
    assert (done.event, done.subject, done.facts["bytes"]) == (Event.DOWNLOADED, REQUEST.title, 10)
    assert (failed.event, failed.text) == (Event.FAILED, "Download failed: docker.io/lab/app:1: no such image")


def test_a_download_that_was_cancelled_or_had_nothing_to_fetch_is_no_news() -> None:
    assert ended(DownloadStatus.CANCELLED) is None
    assert ended(DownloadStatus.DONE, parts=()) is None


def test_texts_from_outside_are_one_line_for_people() -> None:
    told = [
        update_available(ImageType.DOCKER, "lab/app\r\nBcc: x", "1", "a", "b"),
        login_attempts("ada\r\n\x1b[2Jroot", "10.0.0.1", 5),
    ]
    assert all(each.text.isprintable() and each.subject.isprintable() for each in told)


def test_faults_name_the_images_that_they_hurt_and_no_more_than_a_few() -> None:
    def problem(*images: str) -> tuple[Problem, bool]:
        return Problem("sha256:x", "x", "it is missing", images, False), False

    assert faults_found([problem("a:1", "b:1")]).text == (
        "Verification found 1 damaged or missing file of a:1, b:1; none repaired"
    )
    many = faults_found([problem(f"i{number}:1") for number in range(9)])
    assert many.text.endswith("9 damaged or missing files of i0:1, i1:1, i2:1, i3:1, i4:1 and 4 more; none repaired")


def test_a_verification_tells_of_faults_and_of_nothing_else(tmp_path: Path) -> None:
    house, told = Kit(tmp_path), []
    house.depot.add("lab/app:1", layer(1000, 1))
    house.pull(request("lab/app"))
    verifier = Verifier(house.blobs, house.store.references)
    depots = {DOCKERHUB: house.depot}
    repair = Repair(
        verifier,
        house.blobs,
        lambda: [house.store],
        list,
        depots,
        house.pipeline,
        found=lambda each: told.append(faults_found(each)),
    )
    repair.verify(repair=False)
    assert told == []
    digest = next(iter(house.depot.images["lab/app:1"].values())).layers[0].digest
    house.blobs.path(digest).unlink()
    repair.verify(repair=True)
    assert [(each.event, each.facts) for each in told] == [(Event.FAULT_FOUND, {"faults": 1, "repaired": 1})]


class Disk:
    def __init__(self) -> None:
        self.free, self.limit, self.gone = 100, 50, False
        self.told: list[tuple[int, int]] = []
        self.watch = DiskWatch(self.space, lambda: self.limit, lambda *news: self.told.append(news))

    def space(self) -> Space:
        if self.gone:
            raise StorageFailure("Cannot look at the data folder")
        return Space(self.free, 1000, 0)

    def has(self, free: int) -> list[tuple[int, int]]:
        self.free = free
        self.watch.look()
        return self.told


def test_a_disk_that_falls_below_the_limit_is_told_of_once() -> None:
    disk = Disk()
    assert disk.has(50) == []
    assert disk.has(49) == [(49, 50)]
    assert disk.has(10) == [(49, 50)]
    assert disk.has(54) == [(49, 50)]
    assert disk.has(49) == [(49, 50)], "it hovers about the limit"


def test_a_disk_that_recovered_is_told_of_again() -> None:
    disk = Disk()
    disk.has(1)
    disk.has(55)
    assert disk.has(2) == [(1, 50), (2, 50)]


def test_a_limit_of_nothing_is_never_reached_and_a_lost_disk_breaks_nothing() -> None:
    disk = Disk()
    disk.limit = 0
    assert disk.has(0) == []
    disk.gone, disk.limit = True, 50
    assert disk.has(0) == []


def test_guessed_passwords_are_told_of_once_and_a_forgotten_one_is_not(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    database = Database(tmp_path / "imagedepot.db")
    access = Access(
        UserRows(database),
        Passwords(CHEAP),
        LoginThrottle(lambda: 0.0),
        KnownBrowsers(SigningKeys(database).get("browsers")),
        Tokens(TokenRows(database)),
        guessed=lambda attempt: told.append((attempt.username, attempt.notable)),
    )
    access.add("ada", "correct horse", Role.ADMIN)

    def guess(address: str) -> None:
        with contextlib.suppress(Unauthenticated, TooManyLogins):
            access.login(access.attempt("ada", address), "wrong")

    for _ in range(4):
        guess("10.0.0.1")
    assert told == []
    for _ in range(6):
        guess("10.0.0.1")
    assert told == [("ada", 5)]
    for host in range(20):  # each once: a crowd
        guess(f"10.0.1.{host}")
    assert told == [("ada", 5), ("ada", 20)]
    database.close()
