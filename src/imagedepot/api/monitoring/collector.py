"""The figures of the service in Prometheus' form, read from its parts when they are asked for.

Names follow prometheus.io/docs/practices/naming. A label has one of a few values that the code or the settings know;
nothing that a client sends becomes one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from imagedepot.errors import DepotError
from imagedepot.model.download import DownloadStatus
from imagedepot.model.limits import Limits
from imagedepot.model.names.reference import DOCKER_HUB
from imagedepot.service.distribution.mirror.mirror import Mirror
from imagedepot.service.downloads.line.either_queue import DownloadQueue
from imagedepot.service.monitoring.readiness import Readiness
from imagedepot.service.monitoring.traffic import Traffic
from imagedepot.service.space import SpaceService

T = TypeVar("T")
_MEASURED_SECONDS = 60.0
_PREFIX = "imagedepot_"


@dataclass(frozen=True)
class Measured:
    """The parts of the service that have figures."""

    version: str
    downloads: DownloadQueue
    mirror: Mirror
    space: SpaceService
    limits: Callable[[], Limits]
    traffic: Traffic
    readiness: Readiness


class ServiceCollector(Collector):
    """A collector for Prometheus; what needs a look at each blob is measured once a minute."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured
        self._content = _Remembered(measured.space.content_size)
        self._mirror = _Remembered(measured.mirror.state)

    def collect(self) -> Iterator[Metric]:
        yield _gauge("build_info", "The version of Image Depot; always 1.", version=self._measured.version)
        yield from self._checks()
        yield from self._downloads()
        yield from self._upstreams()
        yield from self._mirrored()
        yield from self._rate_limit()
        yield from self._stores()

    def _checks(self) -> Iterator[Metric]:
        ok = GaugeMetricFamily(
            f"{_PREFIX}check_ok", "Whether a part of the service works, as /readyz has it.", labels=["check"]
        )
        for each in self._measured.readiness.now():
            ok.add_metric([each.name], each.is_ok)
        yield ok

    def _downloads(self) -> Iterator[Metric]:
        downloads = self._measured.downloads
        queue = GaugeMetricFamily(f"{_PREFIX}download_queue", "Downloads that wait or run.", labels=["status"])
        active = [each.status for each in downloads.active]
        for status in DownloadStatus:
            if not status.ended:
                queue.add_metric([status], active.count(status))
        ended = CounterMetricFamily(f"{_PREFIX}downloads", "Downloads that ended.", labels=["type", "status"])
        failed = CounterMetricFamily(
            f"{_PREFIX}download_errors",
            "Downloads that failed, by the reason that the API gives.",
            labels=["type", "reason"],
        )
        counts: dict[tuple[str, str], int] = {}
        for (type_, status, reason), count in dict(downloads.tally).items():
            counts[type_, status] = counts.get((type_, status), 0) + count
            if status is DownloadStatus.FAILED:
                failed.add_metric([type_, reason], count)
        for labels, count in counts.items():
            ended.add_metric(labels, count)
        yield from (queue, ended, failed)

    def _upstreams(self) -> Iterator[Metric]:
        figures = self._measured.traffic.figures
        requests = CounterMetricFamily(
            f"{_PREFIX}upstream_requests",
            "Requests to upstreams, by the class of the answer's status, or failed.",
            labels=["upstream", "outcome"],
        )
        received = CounterMetricFamily(
            f"{_PREFIX}upstream_received_bytes", "Bytes of bodies that came from upstreams.", labels=["upstream"]
        )
        errors = CounterMetricFamily(
            f"{_PREFIX}upstream_errors",
            "Requests to upstreams that failed, were rate-limited or were answered 5xx.",
            labels=["upstream", "reason"],
        )
        for family, counts in ((requests, figures.requests), (errors, figures.errors)):
            for labels, count in counts.items():
                family.add_metric(labels, count)
        for upstream, count in figures.received.items():
            received.add_metric([upstream], count)
        yield from (requests, received, errors)

    def _mirrored(self) -> Iterator[Metric]:
        figures, state = self._measured.mirror.figures, self._mirror.now()
        yield _counter("mirror_hits", "Requests to /v2/ that were answered with what was here.", figures.hits)
        yield _counter("mirror_misses", "Requests to /v2/ that an upstream was needed for.", figures.misses)
        yield _counter("mirror_received_bytes", "Bytes that the mirror got from upstreams.", figures.from_upstream)
        yield _counter("mirror_sent_bytes", "Bytes that the mirror sent to clients.", figures.to_clients)
        if state is not None:
            yield _gauge("mirror_used_bytes", "Bytes that are kept for the mirror alone.", state.used)
            yield _gauge("mirror_limit_bytes", "Bytes that may be kept for the mirror.", state.limit)

    def _rate_limit(self) -> Iterator[Metric]:
        """The rate limit of Docker Hub; nothing before its first answer, or where it has no limit."""
        limits = self._measured.limits()
        hub = {"upstream": DOCKER_HUB}
        if limits.limit is not None and limits.remaining is not None:
            yield _gauge("upstream_pulls_limit", "Pulls that the upstream allows in its window.", limits.limit, **hub)
            yield _gauge("upstream_pulls_remaining", "Pulls that the upstream still allows.", limits.remaining, **hub)
        if limits.resets is not None:
            resets = limits.resets.timestamp()
            yield _gauge("upstream_pulls_reset_timestamp_seconds", "When the window ends at the latest.", resets, **hub)

    def _stores(self) -> Iterator[Metric]:
        images = GaugeMetricFamily(f"{_PREFIX}store_images", "Images in a store.", labels=["type", "store"])
        sizes = GaugeMetricFamily(
            f"{_PREFIX}store_images_bytes",
            "Bytes of the images in a store; what images share counts with each.",
            labels=["type", "store"],
        )
        for use in self._measured.space.by_store():
            images.add_metric([use.type, use.kind], use.images)
            sizes.add_metric([use.type, use.kind], use.size)
        yield from (images, sizes)
        content = self._content.now()
        if content is not None:
            yield _gauge("content_bytes", "Bytes of all blobs in the data folder.", content)
        try:
            disk = self._measured.space.now()
        except DepotError:
            return  # `check_ok` says it
        yield _gauge("disk_free_bytes", "Bytes that are free on the data folder's disk.", disk.free)
        yield _gauge("disk_size_bytes", "Bytes of the data folder's disk.", disk.total)
        yield _gauge("disk_reserve_bytes", "Free bytes that downloads leave alone.", disk.reserve)


class _Remembered(Generic[T]):
    """A value that is measured once a minute; None when that failed."""

    def __init__(self, measure: Callable[[], T]) -> None:
        self._measure = measure
        self._value: T | None = None
        self._until = 0.0

    def now(self) -> T | None:
        if time.monotonic() >= self._until:
            try:
                self._value = self._measure()
            except DepotError:
                self._value = None
            self._until = time.monotonic() + _MEASURED_SECONDS
        return self._value


def _gauge(name: str, about: str, value: float = 1, **labels: str) -> Metric:
    family = GaugeMetricFamily(_PREFIX + name, about, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def _counter(name: str, about: str, value: float) -> Metric:
    return CounterMetricFamily(_PREFIX + name, about, value=value)
