"""What is new, told to listeners of any speed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from imagedepot.model.download import Download, DownloadStatus
from imagedepot.service.events import Feed, News
from tests.service.kit import request

FIRST = Download("1", request(), DownloadStatus.WAITING, datetime(2026, 11, 24, tzinfo=UTC))
SECOND = replace(FIRST, id="2")
DONE = replace(FIRST, status=DownloadStatus.DONE)


def test_a_listener_is_woken_and_takes_what_happened_since() -> None:
    feed, wakes = Feed(), []
    with feed.listen(lambda: wakes.append(1)) as slot:
        assert slot.take() == News()
        feed.download(FIRST)
        feed.images()
        assert slot.take() == News((FIRST,), images=True)
        assert slot.take() == News()
        assert len(wakes) == 2


def test_a_slow_listener_misses_states_in_between_and_never_the_last() -> None:
    feed = Feed()
    with feed.listen(lambda: None) as slow, feed.listen(lambda: None) as fast:
        for _ in range(1000):
            feed.download(FIRST)
            assert fast.take().downloads == (FIRST,)
        feed.download(SECOND)
        feed.download(DONE)
        assert slow.take().downloads == (DONE, SECOND)


def test_watchers_that_left_are_not_called() -> None:
    feed, wakes = Feed(), []
    with feed.listen(lambda: wakes.append(1)):
        pass
    feed.download(FIRST)
    assert wakes == []


def test_the_end_is_reported_to_everybody_also_to_who_comes_late() -> None:
    feed = Feed()
    with feed.listen(lambda: None) as slot:
        feed.close()
        assert slot.take().closed
    with feed.listen(lambda: None) as late:
        assert late.take().closed


def test_a_listener_whose_loop_has_ended_harms_nobody() -> None:
    """An event loop that is closed refuses to be woken; downloads go on all the same."""

    def refuse() -> None:
        raise RuntimeError("Event loop is closed")

    feed = Feed()
    with feed.listen(refuse), feed.listen(lambda: None) as other:
        feed.download(FIRST)
        assert other.take().downloads == (FIRST,)


def test_news_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        News().images = True  # type: ignore[misc]
