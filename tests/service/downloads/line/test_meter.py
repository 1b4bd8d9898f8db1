from __future__ import annotations

import pytest

from imagedepot.model.download import Part, PartStatus
from imagedepot.service.downloads.line.meter import Meter

HERE = PartStatus.DOWNLOADING


def test_a_steady_stream_has_its_rate_and_the_time_left() -> None:
    meter = Meter()
    for second in range(20):
        meter.sample([Part("a", 10_000, second * 100, HERE)], float(second))
    assert meter.rate == pytest.approx(100)
    assert meter.eta(1000) == pytest.approx(10)
    assert meter.eta(None) is None


def test_before_the_first_byte_nothing_can_be_said() -> None:
    meter = Meter()
    meter.sample([Part("a", 10, 0, HERE)], 0.0)
    meter.sample([Part("a", 10, 0, HERE)], 1.0)
    assert meter.rate is None
    assert meter.eta(10) is None


def test_what_was_found_on_disk_or_came_to_another_is_no_speed() -> None:
    meter = Meter()
    meter.sample([Part("a", 9_000_000, 0, PartStatus.WAITING)], 0.0)
    meter.sample([Part("a", 9_000_000, 5_000_000, HERE), Part("b", 1, 1, PartStatus.SHARED)], 1.0)
    assert meter.rate is None
    meter.sample([Part("a", 9_000_000, 5_000_100, HERE), Part("b", 9, 9, PartStatus.SHARED)], 2.0)
    assert meter.rate == 100


def test_a_restart_of_a_part_is_no_negative_speed() -> None:
    meter = Meter()
    for second, count in enumerate([0, 100, 200, 0, 0]):
        meter.sample([Part("a", 1000, count, HERE)], float(second))
    assert meter.rate is not None
    assert 0 < meter.rate < 100


def test_a_stalled_stream_slows_down_until_no_time_can_be_told() -> None:
    meter = Meter()
    meter.sample([Part("a", 1000, 0, HERE)], 0.0)
    meter.sample([Part("a", 1000, 100, HERE)], 1.0)
    for second in range(2, 40):
        meter.sample([Part("a", 1000, 100, HERE)], float(second))
    assert meter.eta(900) is None


def test_two_looks_at_the_same_moment_do_no_harm() -> None:
    meter = Meter()
    for _ in range(3):
        meter.sample([Part("a", 1000, 10, HERE)], 5.0)
    assert meter.rate is None
