"""The state of a download at one moment: exact figures, or none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.download import Download, DownloadStatus, Part
from imagedepot.model.image import ImageRequest, ImageType

REQUEST = ImageRequest(DOCKERHUB, ImageType.DOCKER, "lab/app", "1")
BEGUN = Download("1", REQUEST, DownloadStatus.DOWNLOADING, datetime(2026, 11, 24, tzinfo=UTC))


def at(*parts: Part, sized: bool = True) -> Download:
    return replace(BEGUN, parts=parts, sized=sized)


def test_while_parts_may_still_come_the_total_is_not_known() -> None:
    download = at(Part("a", 10, 5), sized=False)
    assert (download.total, download.percent, download.bytes) == (None, None, 5)


def test_a_part_of_unknown_size_leaves_the_total_unknown() -> None:
    assert at(Part("a", 10, 10), Part("b", None, 7)).percent is None


@pytest.mark.parametrize(("done", "percent"), [(0, 0), (9, 0), (10, 1), (999, 99), (1000, 100), (1001, 100)], ids=str)
def test_percent_is_rounded_down_so_that_a_hundred_means_every_byte(done: int, percent: int) -> None:
    assert at(Part("a", 1000, done)).percent == percent


def test_an_image_without_a_byte_is_all_here() -> None:
    assert at(Part("a", 0, 0)).percent == 100
    assert at().percent == 100


def test_what_is_done_is_done_whatever_its_parts_say() -> None:
    assert replace(at(sized=False), status=DownloadStatus.DONE).percent == 100


@given(st.lists(st.tuples(st.integers(0, 1 << 40), st.integers(0, 1 << 40))))
def test_percent_is_within_bounds_whatever_comes(pairs: list[tuple[int, int]]) -> None:
    download = at(*(Part(str(number), size, done) for number, (size, done) in enumerate(pairs)))
    percent = download.percent
    assert percent is not None
    assert 0 <= percent <= 100
    assert (percent == 100) == (download.bytes >= (download.total or 0))


def test_three_states_are_an_end() -> None:
    assert {each for each in DownloadStatus if each.ended} == {"done", "failed", "cancelled"}
