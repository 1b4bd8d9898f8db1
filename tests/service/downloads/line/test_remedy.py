"""What helps against a failure, and what is tried again by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from imagedepot.errors import (
    DepotError,
    ImageNotFound,
    NoSuchPlatform,
    RateLimited,
    StorageFailure,
    UpstreamDenied,
    UpstreamNotFound,
)
from imagedepot.model.download import NO_REMEDY, Download, Remedy
from imagedepot.service.downloads.line.remedy import LATEST, SOONEST, remedy_of
from tests.ground.waiting import wait_until
from tests.service.kit import request
from tests.service.queue import DONE, FAILED, Service

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def full() -> StorageFailure:
    error = StorageFailure("full")
    error.missing = 13
    return error


def hidden() -> UpstreamNotFound:
    error = UpstreamNotFound("not there, or hidden")
    error.may_be_hidden = True
    return error


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (UpstreamDenied("no"), Remedy(login="registry.lan")),
        (hidden(), Remedy(login="registry.lan")),
        (UpstreamNotFound("no such tag"), NO_REMEDY),
        (NoSuchPlatform("app", "linux/amd64", ("linux/arm64",)), Remedy(offered=("linux/arm64",))),
        (full(), Remedy(missing=13)),
        (StorageFailure("read-only"), NO_REMEDY),
        (RateLimited("later", NOW + HOUR), Remedy(retry_at=NOW + HOUR)),
        (RateLimited("in a moment", NOW), Remedy(retry_at=NOW + SOONEST)),
        (RateLimited("next year", NOW + LATEST + HOUR), NO_REMEDY),
        (RateLimited("some day"), NO_REMEDY),
        (ImageNotFound("x"), NO_REMEDY),
    ],
)
def test_each_failure_has_its_remedy(error: DepotError, remedy: Remedy) -> None:
    assert remedy_of(error, request("registry.lan/lab/app"), NOW) == remedy


def limited(service: Service) -> Download:
    """A download that failed, and is to be retried in an hour."""
    service.image()
    service.kit.depot.errors = [RateLimited("later", service.time.now + HOUR, 3600.0)]
    failed = service.wait(service.downloads.start(request()), FAILED)
    assert failed.remedy.retry_at is not None
    return failed


def wake(service: Service) -> None:
    """Have the clock looked at, which happens each minute anyway."""
    service.wait(service.downloads.start(request("lab/absent")), FAILED)


def test_a_download_that_was_rate_limited_is_retried_when_the_limit_ends_and_not_before(service: Service) -> None:
    failed = limited(service)
    wake(service)
    assert service.status(failed) is FAILED
    service.time.now += HOUR
    wake(service)
    assert service.wait(failed, DONE).remedy == NO_REMEDY


def test_a_retry_that_is_planned_outlives_a_restart(service: Service) -> None:
    failed = limited(service)
    service.close()
    service.open()
    assert service.downloads.get(failed.id).remedy.retry_at == failed.remedy.retry_at
    service.close()
    service.time.now += HOUR
    service.open()
    service.wait(failed, DONE)


def test_one_that_was_forgotten_is_not_retried(service: Service) -> None:
    failed = limited(service)
    service.downloads.remove(failed.id)
    service.time.now += HOUR
    wake(service)
    assert service.kit.names() == []
    assert failed.id not in {each.id for each in service.downloads.all()}


def test_a_retry_that_a_full_disk_refuses_is_tried_later(service: Service) -> None:
    failed = limited(service)
    service.rows.full = True
    service.time.now += HOUR
    service.downloads._wake.set()
    wait_until(lambda: service.downloads._planned.due(service.time.now) == [], 20)
    assert service.status(failed) is FAILED
    service.rows.full = False
    service.time.now += HOUR
    wake(service)
    service.wait(failed, DONE)


def test_clearing_forgets_what_was_done_by_then_and_keeps_failures(service: Service) -> None:
    service.image("lab/old:1")
    service.image("lab/new:1", seed=2)
    old = service.wait(service.downloads.start(request("lab/old")), DONE)
    failed = service.wait(service.downloads.start(request("lab/absent")), FAILED)
    moment = service.time.now
    new = service.wait(service.downloads.start(request("lab/new")), DONE)
    assert service.downloads.clear(moment) == [old.id]
    assert [each.id for each in service.downloads.all()] == [new.id, failed.id]
    assert service.downloads.clear(service.time()) == [new.id]
    assert [each.id for each, _ in service.rows.all()] == [failed.id]
