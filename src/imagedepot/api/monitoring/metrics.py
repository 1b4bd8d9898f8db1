"""`/metrics`: the figures of the service for Prometheus."""

from __future__ import annotations

from collections.abc import Sequence

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imagedepot.api.http.answers import HEADERS
from imagedepot.api.http.caller import require, require_every_repository
from imagedepot.api.monitoring.collector import Measured, ServiceCollector
from imagedepot.model.access.role import Role
from imagedepot.service.monitoring.request import OTHER, note_route

METRICS = "/metrics"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the number of series


class Metrics:
    """The figures of one service; `api.monitoring.request_watch.RequestFigures` is part of them."""

    def __init__(self, measured: Measured) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(ServiceCollector(measured))
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "imagedepot_http_requests",
            "Requests that were answered.",
            ("method", "route", "code"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "imagedepot_http_request_duration_seconds",
            "Seconds from a request to the head of its answer.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._active = Gauge(
            "imagedepot_http_requests_active", "Requests that are being answered.", registry=self._registry
        )
        self._line = CapacityLimiter(1)

    @property
    def routes(self) -> Sequence[Route]:
        return [Route(METRICS, self.answer, methods=["GET"])]

    def begun(self) -> None:
        self._active.inc()

    def ended(self) -> None:
        self._active.dec()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        method = method if method in _METHODS else OTHER
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(method, route).observe(seconds)

    async def answer(self, request: Request) -> Response:
        note_route(METRICS)
        require(request, Role.VIEWER)
        require_every_repository(request)
        encode, media = choose_encoder(request.headers.get("accept", ""))
        content = await run_sync(encode, self._registry, limiter=self._line)
        return Response(content, 200, HEADERS, media)
