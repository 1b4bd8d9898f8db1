"""What others see of a download at work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from imagedepot.model.depot import APPCENTER
from imagedepot.model.download import Download, DownloadStatus, PartStatus
from imagedepot.model.image import ImageRequest, ImageType
from imagedepot.service.downloads.line.job import Job, image_key, same_image
from tests.service.kit import AMD64, ARM64, request

WAITING, DOWNLOADING, VERIFYING = DownloadStatus.WAITING, DownloadStatus.DOWNLOADING, DownloadStatus.VERIFYING
DONE, SHARED = PartStatus.DONE, PartStatus.SHARED


def job(*parts: tuple[PartStatus, int, int], now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Job:
    made = Job(Download("1", request(), WAITING, datetime(2026, 11, 24, tzinfo=UTC)), now=now)
    made.progress.status = DOWNLOADING
    made.progress.sized = True
    for number, (status, here, size) in enumerate(parts):
        part = made.progress.part(str(number))
        part.status, part.bytes, part.size = status, here, size
    return made


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([], DOWNLOADING),
        ([(PartStatus.WAITING, 0, 9)], WAITING),
        ([(PartStatus.WAITING, 0, 9), (PartStatus.DOWNLOADING, 1, 9)], DOWNLOADING),
        ([(DONE, 9, 9), (SHARED, 9, 9), (PartStatus.WAITING, 5, 9)], WAITING),
        ([(DONE, 9, 9), (PartStatus.VERIFYING, 9, 9)], VERIFYING),
        ([(SHARED, 3, 9)], DOWNLOADING),
        ([(DONE, 9, 9)], DOWNLOADING),
    ],
)
def test_a_download_is_what_its_unfinished_parts_are(
    parts: list[tuple[PartStatus, int, int]], status: DownloadStatus
) -> None:
    assert job(*parts).sampled(0.0).status is status


def test_an_install_is_one_whatever_the_parts_say() -> None:
    installing = job((PartStatus.WAITING, 0, 9))
    installing.progress.status = DownloadStatus.INSTALLING
    assert installing.sampled(0.0).status is DownloadStatus.INSTALLING


def test_what_an_engine_has_taken_is_reported_while_it_installs() -> None:
    at_work = job((DONE, 9, 9))
    at_work.progress.given = 3, 12
    assert at_work.sampled(0.0).installed is None, "a head start beside the download is no news"
    at_work.progress.status = DownloadStatus.INSTALLING
    seen = at_work.sampled(0.0)
    assert (seen.installed, seen.to_install, seen.percent) == (3, 12, 100)
    assert seen.at_rest().installed is None


def test_rate_and_time_left_come_from_the_bytes() -> None:
    running = job((PartStatus.DOWNLOADING, 0, 1000))
    running.sampled(0.0)
    running.progress.part("0").bytes = 100
    seen = running.sampled(1.0)
    assert (seen.rate, seen.eta, seen.percent) == (100, 9, 10)


def test_the_same_image_is_reported_by_name_tag_and_platform() -> None:
    assert same_image(request(), request(platform=AMD64), AMD64)
    assert not same_image(request(), request(platform=ARM64), AMD64)
    assert not same_image(request(), request(tag="2"), AMD64)
    assert image_key(request()) == image_key(request(platform=ARM64)), "they change the same row of local"


def test_an_lxc_image_has_one_version_whatever_its_tag() -> None:
    one, other = (ImageRequest(APPCENTER, ImageType.LXC, "debian/12", tag) for tag in ("latest", "x"))
    assert same_image(one, other, AMD64)


def test_a_download_says_since_when_its_upstream_is_silent() -> None:
    moments = iter(range(60))
    made = job((PartStatus.DOWNLOADING, 5, 9), now=lambda: datetime(2026, 11, 24, 12, next(moments), tzinfo=UTC))
    assert made.sampled(100.0).waiting_since is None
    assert made.sampled(109.0).waiting_since is None
    assert made.sampled(110.0).waiting_since == datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    made.progress.part("0").status = PartStatus.WAITING
    assert made.sampled(500.0).waiting_since == datetime(2026, 11, 24, 12, 0, tzinfo=UTC), "also between two attempts"
    assert made.silent == 400.0
    made.progress.part("0").bytes = 6
    assert made.sampled(501.0).waiting_since is None
    assert made.sampled(511.0).waiting_since == datetime(2026, 11, 24, 12, 1, tzinfo=UTC)
    assert made.sampled(511.0).at_rest().waiting_since is None
    made.progress.status = DownloadStatus.INSTALLING
    assert made.sampled(900.0).waiting_since is None, "an engine at work is no silent upstream"
