"""The line of downloads that wait, and how one is moved in it."""

from __future__ import annotations

import threading

import pytest

from imagedepot.errors import Conflict, NotFound
from imagedepot.model.download import Download
from tests.service.kit import request
from tests.service.queue import DONE, DOWNLOADING, Service


def in_line(service: Service, count: int) -> tuple[threading.Event, list[Download]]:
    """One at work, held by the event, and so many behind it."""
    service.downloads.set_limit(1)
    gate = service.held("lab/first:1", seed=99)
    service.wait(service.downloads.start(request("lab/first")), DOWNLOADING)
    for number in range(count):
        service.image(f"lab/{number}:1", seed=number)
    return gate, [service.downloads.start(request(f"lab/{number}")) for number in range(count)]


def line_of(service: Service) -> list[str]:
    return [each.request.name.removeprefix("lab/") for each in service.downloads.active if each.queued]


def test_one_that_waits_is_moved_and_the_line_begins_in_the_new_order(service: Service) -> None:
    gate, waiting = in_line(service, 4)
    assert line_of(service) == ["0", "1", "2", "3"]
    assert service.downloads.move(waiting[3].id, 1).queued
    assert line_of(service) == ["3", "0", "1", "2"]
    service.downloads.move(waiting[0].id, 3)
    assert line_of(service) == ["3", "1", "0", "2"]
    service.downloads.move(waiting[1].id, 100)
    assert line_of(service) == ["3", "0", "2", "1"]
    gate.set()
    for each in waiting:
        service.wait(each, DONE)
    asked = [each for each in service.kit.depot.asked if each.startswith("HEAD")]
    assert asked == [f"HEAD lab/{name}:1" for name in ("first", "3", "0", "2", "1")]


def test_every_place_that_changed_is_an_event_and_no_other_is(service: Service) -> None:
    gate, waiting = in_line(service, 3)
    with service.feed.listen(lambda: None) as slot:
        service.downloads.move(waiting[1].id, 1)
        told = {each.id: each.turn for each in slot.take().downloads}
        assert told.keys() >= {waiting[0].id, waiting[1].id}
        assert waiting[2].id not in told
        service.downloads.move(waiting[1].id, 1)
        assert waiting[1].id not in {each.id for each in slot.take().downloads}, "it is there already"
    gate.set()


def test_only_one_that_waits_is_moved(service: Service) -> None:
    gate, (waiting,) = in_line(service, 1)
    running = service.downloads.active[0]
    assert not running.queued
    with pytest.raises(Conflict, match=r"^lab/first:1 does not wait for its turn$"):
        service.downloads.move(running.id, 1)
    service.downloads.remove(waiting.id)
    assert not service.downloads.get(waiting.id).queued
    with pytest.raises(Conflict):
        service.downloads.move(waiting.id, 1)
    with pytest.raises(NotFound):
        service.downloads.move("0", 1)
    gate.set()


def test_one_that_is_retried_waits_behind_those_that_were_moved(service: Service) -> None:
    gate, waiting = in_line(service, 3)
    service.downloads.move(waiting[2].id, 1)
    service.downloads.remove(waiting[2].id)
    service.downloads.retry(waiting[2].id)
    assert line_of(service) == ["0", "1", "2"]
    gate.set()
