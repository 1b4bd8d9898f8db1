"""LXC images through the downloads that docker images take: resumed, verified, cancelled, retried."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from imagedepot.model.depot import APPCENTER
from imagedepot.model.digest import Digest
from imagedepot.model.download import DownloadStatus
from imagedepot.model.image import ImageRequest, ImageType
from imagedepot.model.platform import Platform
from tests.fakes import delivery, statuses
from tests.fakes.message import Gate
from tests.ground.waiting import wait_until
from tests.service.lxc_mirror import LxcService, Mirror
from tests.stores.lxc_archives import METADATA, Archive, xz

DONE, FAILED, CANCELLED = DownloadStatus.DONE, DownloadStatus.FAILED, DownloadStatus.CANCELLED


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with Mirror() as mirror:
        yield mirror


@pytest.fixture
def service(tmp_path: Path, mirror: Mirror) -> Iterator[LxcService]:
    service = LxcService(tmp_path, mirror)
    yield service
    service.close()


def bare(seed: int = 0) -> bytes:
    """A root of half a megabyte."""
    return Archive().root().file("usr/data", random.Random(seed).randbytes(500_000)).tar()


def metadata() -> bytes:
    return xz(Archive().file("metadata.yaml", METADATA).plain())


def test_a_tarball_without_a_checksum_is_installed_and_unverified(service: LxcService) -> None:
    service.offer("lab/one", bare())
    ended = service.get("lab/one")
    assert (ended.status, ended.error) == (DONE, None)
    (image,) = service.store.images()
    assert (image.size, image.verified, image.digest) == (len(bare()), False, Digest.of(bare()))
    assert service.store.lxc_files("lab/one").rootfs.is_file()


def test_metadata_and_rootfs_are_verified_by_their_fingerprint(service: LxcService, mirror: Mirror) -> None:
    fingerprint = Digest.of(metadata() + bare()).hex
    service.offer("lab/one", metadata(), bare(), fingerprint=fingerprint)
    assert service.get("lab/one").status is DONE
    (image,) = service.store.images()
    assert (image.verified, image.id) == (True, fingerprint)
    asked = len(list(mirror.requests))
    assert service.get("lab/one").status is DONE
    assert len(list(mirror.requests)) == asked


def test_another_fingerprint_than_promised_is_never_listed(service: LxcService) -> None:
    service.offer("lab/one", metadata(), bare(), fingerprint="0" * 64)
    ended = service.get("lab/one")
    assert ended.status is FAILED
    assert (ended.error or "").startswith("lab/one: the bytes do not match their digest")
    assert service.names() == []


def test_a_file_that_is_not_what_its_checksum_says_is_never_listed(service: LxcService, mirror: Mirror) -> None:
    service.offer("lab/one", bare(), checksums=True)
    mirror.rules.inject(delivery.flipped_byte(1000), "*")
    ended = service.get("lab/one")
    assert ended.status is FAILED
    assert (ended.error or "").startswith("lab/one: ")
    assert (service.names(), list(service.blobs.all())) == ([], [])


def test_a_broken_connection_goes_on_where_it_broke(service: LxcService, mirror: Mirror) -> None:
    service.offer("lab/one", bare())
    mirror.rules.inject(delivery.drop_after(200_000), "*", times=1)
    assert service.get("lab/one").status is DONE
    assert [entry.range for entry in mirror.requests] == [None, "bytes=200000-"]


def test_without_a_validator_it_starts_over_and_is_right(service: LxcService, mirror: Mirror) -> None:
    mirror.etags = False
    service.offer("lab/one", bare())
    gate = Gate()
    mirror.rules.inject(delivery.hold(gate, 300_000), "*", times=1)
    download = service.start("lab/one")
    gate.wait_reached()
    service.close()
    gate.open()
    service.open()
    assert service.ended(download).status is DONE
    assert [entry.range for entry in mirror.requests] == [None, None]
    assert service.store.images()[0].digest == Digest.of(bare())


def test_a_restart_resumes_at_the_byte_where_it_stopped(service: LxcService, mirror: Mirror) -> None:
    service.offer("lab/one", bare())
    gate = Gate()
    mirror.rules.inject(delivery.hold(gate, 300_000), "*", times=1)
    download = service.start("lab/one")
    gate.wait_reached()
    wait_until(lambda: service.downloads.get(download.id).bytes >= 200_000)
    service.close()
    gate.open()
    (partial,) = [path for path in service.blobs.partials.iterdir() if path.suffix != ".json"]
    here = partial.stat().st_size
    assert here > 0
    service.open()
    assert service.ended(download).status is DONE
    assert [entry.range for entry in mirror.requests] == [None, f"bytes={here}-"]
    assert service.store.images()[0].digest == Digest.of(bare())


def test_a_file_that_changed_meanwhile_is_fetched_again(service: LxcService, mirror: Mirror) -> None:
    service.offer("lab/one", bare(1))
    gate = Gate()
    mirror.rules.inject(delivery.hold(gate, 300_000), "*", times=1)
    download = service.start("lab/one")
    gate.wait_reached()
    wait_until(lambda: service.downloads.get(download.id).bytes >= 200_000)
    service.close()
    gate.open()
    mirror.put("lab/one-0", bare(2))
    service.open()
    assert service.ended(download).status is DONE
    assert service.store.images()[0].digest == Digest.of(bare(2))


def test_a_cancelled_one_leaves_no_image_and_can_be_retried(service: LxcService, mirror: Mirror) -> None:
    service.offer("lab/one", metadata(), bare())
    gate = Gate()
    mirror.rules.inject(delivery.hold(gate, 300_000), "*one-1", times=1)
    download = service.start("lab/one")
    gate.wait_reached()
    service.downloads.remove(download.id)
    assert service.ended(download).status is CANCELLED
    gate.open()
    assert service.names() == []
    service.downloads.retry(download.id)
    wait_until(lambda: service.downloads.get(download.id).status is DONE)
    assert service.names() == ["lab/one"]


def test_a_failed_one_can_be_retried(service: LxcService, mirror: Mirror) -> None:
    service.offer("lab/one", bare())
    mirror.rules.inject(statuses.status(503), "*")
    download = service.start("lab/one")
    ended = service.ended(download)
    assert ended.status is FAILED
    assert (ended.error or "").startswith("lab/one: ")
    mirror.rules.clear()
    service.downloads.retry(download.id)
    wait_until(lambda: service.downloads.get(download.id).status is DONE)


def test_a_file_that_two_images_share_is_kept_once(service: LxcService, mirror: Mirror) -> None:
    shared = service.offer("lab/one", bare(), checksums=True)
    service.depot.images["lab/two"] = shared
    one, two = service.start("lab/one"), service.start("lab/two")
    assert service.ended(one).status is service.ended(two).status is DONE
    assert service.names() == ["lab/one", "lab/two"]
    assert len(list(mirror.requests)) == 1
    service.store.remove("lab/one", None)
    assert list(service.blobs.all()) == [Digest.of(bare())]
    service.store.remove("lab/two", None)
    assert list(service.blobs.all()) == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\x7fELF" + bytes(3000), "lab/one: not a tar file"),
        (Archive().file("README").tar(), "lab/one: not an LXC image"),
        (Archive().root().file("../../etc/cron.d/evil").tar(), "lab/one: refused"),
        (bare()[:-2000], "lab/one: it is damaged"),
    ],
)
def test_what_no_container_could_be_made_from_ends_in_a_sentence(service: LxcService, content: bytes, why: str) -> None:
    service.offer("lab/one", content)
    ended = service.get("lab/one")
    assert ended.status is FAILED
    assert (ended.error or "").startswith(why)
    assert service.names() == []


def test_a_full_disk_is_said_at_once(service: LxcService) -> None:
    service.offer("lab/one", bare())
    service.free = 1000
    ended = service.get("lab/one")
    assert ended.status is FAILED
    assert "is available" in (ended.error or "")


def test_a_new_version_takes_the_place_of_the_old_one(service: LxcService) -> None:
    for seed in (1, 2):
        service.offer("lab/one", metadata(), bare(seed), fingerprint=Digest.of(metadata() + bare(seed)).hex)
        assert service.get("lab/one").status is DONE
    assert service.names() == ["lab/one"]
    assert Digest.of(bare(1)) not in set(service.blobs.all())


def test_another_platform_is_no_reason_to_leave_it_as_it_is(service: LxcService) -> None:
    service.offer("lab/one", bare(1))
    assert service.get("lab/one").status is DONE
    arm = Platform.parse("linux/arm64")
    service.depot.images["lab/one"] = replace(service.offer("lab/one", bare(2)), architecture="arm64")
    asked = ImageRequest(APPCENTER, ImageType.LXC, "lab/one", "latest", arm)
    assert service.ended(service.downloads.start(asked)).status is DONE
    assert service.store.images()[0].platform == arm


def test_a_clean_up_minds_the_downloads_of_files_without_a_checksum(service: LxcService, mirror: Mirror) -> None:
    service.offer("lab/one", bare())
    mirror.rules.inject(statuses.status(404), "*", times=1)
    failed = service.get("lab/one")
    assert failed.status is FAILED
    assert [part.key.startswith("url-") for part in failed.parts] == [True]
    assert service.downloads.needed() == frozenset()


def test_a_clean_up_leaves_a_failed_download_what_it_has_brought(service: LxcService, mirror: Mirror) -> None:
    offered = service.offer("lab/one", metadata(), bare(), checksums=True)
    mirror.rules.inject(statuses.status(404), "*one-1", times=1)
    assert service.get("lab/one").status is FAILED
    assert service.downloads.needed() == {file.sha256 for file in offered.files}
