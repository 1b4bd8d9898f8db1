"""An engine that refuses by dying is told from one that is away."""

from __future__ import annotations

import pytest

from imagedepot.errors import StoreUnavailable, UpstreamError
from imagedepot.stores.shared.breaks import Breaks


def give(breaks: Breaks, image: str, taken: int, dies: bool = True) -> None:
    """The engine takes so many bytes of an image before it dies."""
    with breaks.counted(image, "lab/app:1", lambda done, total: None) as tell:
        if taken:
            tell(taken, 100)
        if dies:
            raise StoreUnavailable("The engine does not answer")


def test_the_third_break_of_an_image_is_a_refusal() -> None:
    breaks = Breaks()
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            give(breaks, "a", 5)
    with pytest.raises(StoreUnavailable):
        give(breaks, "another", 5)
    with pytest.raises(UpstreamError, match=r"^lab/app:1: the engine breaks off while loading this image$"):
        give(breaks, "a", 5)
    with pytest.raises(StoreUnavailable):
        give(breaks, "a", 5)  # who asks once more begins with a clean count


def test_an_engine_that_took_nothing_is_away_for_as_long_as_it_is() -> None:
    breaks = Breaks()
    for _ in range(10):
        with pytest.raises(StoreUnavailable):
            give(breaks, "a", 0)


def test_an_engine_that_was_restarted_is_forgiven() -> None:
    breaks = Breaks()
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            give(breaks, "a", 5)
        give(breaks, "a", 5, dies=False)
