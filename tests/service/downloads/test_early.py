"""A head start for an engine: it waits for what is coming, and ends with what will not come."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.backends.local import BlobStore
from imagedepot.errors import Cancelled, ConnectionBroken, StoreUnavailable, UpstreamError
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageType, InstalledImage
from imagedepot.protocols import Content
from imagedepot.service.downloads.early import EarlyInstall

IMAGE = InstalledImage(ImageType.DOCKER, "lab/app", "1", 1)
FIRST, LAST = b"first", b"last"


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path)


def test_each_file_is_given_as_soon_as_it_is_here(blobs: BlobStore) -> None:
    given: list[bytes] = []
    first_given = threading.Event()

    def install(content: Content, cut: Cancellation) -> InstalledImage:
        for each in (FIRST, LAST):
            given.append(content.read(Digest.of(each)))
            first_given.set()
        return IMAGE

    with EarlyInstall(install, blobs, Cancellation()) as early:
        early.landed(blobs.put(FIRST))
        assert first_given.wait(60)
        assert given == [FIRST]
        early.landed(blobs.put(LAST))
    assert early.image() == IMAGE
    assert given == [FIRST, LAST]


def test_a_download_that_fails_cuts_the_install_off(blobs: BlobStore) -> None:
    ended: list[type[BaseException]] = []

    def install(content: Content, cut: Cancellation) -> InstalledImage:
        try:
            content.read(Digest.of(LAST))
        except Cancelled:
            ended.append(Cancelled)
            raise
        return IMAGE

    with pytest.raises(ConnectionBroken), EarlyInstall(install, blobs, Cancellation()):
        raise ConnectionBroken("the upstream stopped")
    assert ended == [Cancelled]


@pytest.mark.parametrize("why", [Cancelled, ConnectionBroken])
def test_an_install_that_hangs_ends_with_its_download(
    blobs: BlobStore, why: type[Cancelled | ConnectionBroken]
) -> None:
    cancellation, hangs = Cancellation(), threading.Event()

    def install(content: Content, cut: Cancellation) -> InstalledImage:
        shut = threading.Event()
        with cut.on_cancel(shut.set):
            hangs.set()
            assert shut.wait(60)
        raise Cancelled

    with pytest.raises(why), EarlyInstall(install, blobs, cancellation) as early:
        assert hangs.wait(60)
        if why is ConnectionBroken:
            raise ConnectionBroken("the upstream stopped")
        cancellation.cancel()
        early.image()


def test_an_engine_that_goes_away_is_asked_again_and_one_that_refuses_is_not(blobs: BlobStore) -> None:
    def away(content: Content, cut: Cancellation) -> InstalledImage:
        raise StoreUnavailable("away")

    def refuses(content: Content, cut: Cancellation) -> InstalledImage:
        raise UpstreamError("no")

    with EarlyInstall(away, blobs, Cancellation()) as early:
        pass
    assert early.image() is None
    with EarlyInstall(refuses, blobs, Cancellation()) as early:
        pass
    with pytest.raises(UpstreamError, match="no"):
        early.image()
