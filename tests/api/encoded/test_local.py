"""The local list as ready bytes: what is at hand, and what has to be made in a thread."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from imagedepot.api.encoded.local import LocalRows
from imagedepot.errors import StoreUnavailable
from imagedepot.model.image import ImageType, InstalledImage
from imagedepot.service.finding.listing import UnderWay

BOTH = tuple(ImageType)


class Stores:
    """Docker images, no LXC images; `away` for a docker engine that does not answer."""

    def __init__(self) -> None:
        self.docker: Sequence[InstalledImage] = (InstalledImage(ImageType.DOCKER, "lab/app", "1", 10),)
        self.away = False
        self.waits = 0
        self.under_way: UnderWay = frozenset()

    def images(self, type_: ImageType) -> Sequence[InstalledImage]:
        self.waits += 1
        if type_ is ImageType.LXC:
            return ()
        if self.away:
            raise StoreUnavailable("the engine does not answer")
        return self.docker

    def at_hand(self, type_: ImageType) -> Sequence[InstalledImage] | None:
        if type_ is ImageType.LXC:
            return ()
        return None if self.away else self.docker


@pytest.fixture
def stores() -> Stores:
    return Stores()


@pytest.fixture
def rows(stores: Stores) -> LocalRows:
    return LocalRows(stores.images, stores.at_hand, lambda: stores.under_way, lambda icon: icon)


def test_a_list_is_at_hand_once_it_is_encoded_and_no_store_is_waited_for(stores: Stores, rows: LocalRows) -> None:
    assert rows.at_hand(BOTH) is None
    ready, away = rows.now(BOTH)
    assert not away
    stores.waits = 0
    assert rows.at_hand(BOTH) is ready
    assert rows.at_hand((ImageType.DOCKER,)) is None  # another list
    assert stores.waits == 0


def test_a_list_is_not_at_hand_after_a_change(stores: Stores, rows: LocalRows) -> None:
    rows.now(BOTH)
    stores.docker = (*stores.docker, InstalledImage(ImageType.DOCKER, "lab/new", "1", 10))
    assert rows.at_hand(BOTH) is None
    ready, _ = rows.now(BOTH)
    assert rows.at_hand(BOTH) is ready
    stores.under_way = frozenset({(ImageType.DOCKER, "lab/app", "1")})
    assert rows.at_hand(BOTH) is None


def test_a_list_is_not_at_hand_while_a_store_is_away(stores: Stores, rows: LocalRows) -> None:
    ready, _ = rows.now(BOTH)
    stores.away = True
    assert rows.at_hand(BOTH) is None
    _, away = rows.now(BOTH)  # without the engine's images, which leaves the whole list as it was
    assert away
    assert rows.at_hand(BOTH) is None
    stores.away = False
    assert rows.at_hand(BOTH) is ready
