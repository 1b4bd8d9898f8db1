"""Traffic with upstreams is counted by names that are known before."""

from __future__ import annotations

from imagedepot.errors import TimedOut
from imagedepot.service.monitoring.traffic import Traffic

KNOWN = {"registry-1.docker.io": "docker.io", "ghcr.io": "ghcr.io"}


def traffic() -> Traffic:
    return Traffic(lambda host: KNOWN.get(host, "other"))


def test_requests_bytes_and_errors_are_counted_by_upstream() -> None:
    watched = traffic()
    for host, status in (("registry-1.docker.io", 200), ("registry-1.docker.io", 401), ("ghcr.io", 503), ("a.b", 429)):
        watched.answered(host, status)
    watched.failed("a.b", TimedOut("a.b does not answer"))
    for count in (10, 20):
        watched.received("registry-1.docker.io", count)
    figures = watched.figures
    assert figures.requests == {
        ("docker.io", "2xx"): 1,
        ("docker.io", "4xx"): 1,
        ("ghcr.io", "5xx"): 1,
        ("other", "4xx"): 1,
        ("other", "failed"): 1,
    }
    assert figures.received == {"docker.io": 30}
    assert figures.errors == {
        ("ghcr.io", "upstream_error"): 1,
        ("other", "rate_limited"): 1,
        ("other", "timed_out"): 1,
    }


def test_the_last_request_says_how_an_upstream_is() -> None:
    watched = traffic()
    assert watched.failures == {}
    watched.answered("ghcr.io", 503)
    watched.failed("registry-1.docker.io", TimedOut("Docker Hub does not answer"))
    assert watched.failures == {"docker.io": "Docker Hub does not answer", "ghcr.io": "ghcr.io answered 503"}
    watched.answered("ghcr.io", 404)
    watched.answered("registry-1.docker.io", 200)
    assert watched.failures == {"docker.io": "", "ghcr.io": ""}


def test_a_status_that_is_none_counts_as_failed() -> None:
    watched = traffic()
    watched.answered("ghcr.io", 999)
    assert watched.figures.requests == {("ghcr.io", "failed"): 1}
