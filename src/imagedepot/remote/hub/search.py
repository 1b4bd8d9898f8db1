"""Searching Docker Hub: three endpoints with the same rows in three dialects (`docs/decisions/0040-three-searches.md`).

v4 has logos and publishers, v2 has more matches, the legacy index will stay longest. Any answer will do.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, DepotError, InvalidAnswer, NetworkLost, RateLimited, UpstreamNotFound
from imagedepot.model.text.texts import figure
from imagedepot.remote.hub.api import HubApi
from imagedepot.remote.hub.rows import HubImage, Reader, read_rows, read_v1, read_v2, v4_reader

_log = logging.getLogger(__name__)

_LARGEST_PAGE = 100
_DEEPEST_V4 = 2500
_REST_SECONDS = 300.0
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class HubPage:
    """Some matches in the upstream's order. `total`: the number of all matches, as the upstream reports it."""

    images: tuple[HubImage, ...]
    total: int


@dataclass(frozen=True, slots=True)
class _Part:
    """One request for some of the matches; `skip` and `take` cut out the wanted ones."""

    start: int
    size: int
    skip: int
    take: int


@dataclass(frozen=True, slots=True)
class _Dialect:
    """One endpoint. `deepest`: the last match that it can return; `by_page`: it counts pages, not matches."""

    name: str
    url: Callable[[str, _Part], str]
    total: str
    read: Reader
    by_page: bool = True
    deepest: int | None = None


class HubSearch:
    """Searches over all dialects.

    One that fails is asked last for some minutes, so that it delays no further search.
    """

    def __init__(self, api: HubApi, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._clock = clock
        self._dialects = _dialects(api)
        self._resting: dict[str, float] = {}
        self._lock = threading.Lock()

    def page(self, query: str, offset: int, limit: int, cancellation: Cancellation | None = None) -> HubPage:
        """`limit` matches from `offset` on; fewer at the end, and when some are not images.

        All dialects together have the time of one request: each has half of what is left, the last one all of it.
        An answer without matches may come from a retired endpoint: it counts only when no other one has matches.
        Raises `RateLimited`, `Unavailable`, `TimedOut`, `UpstreamError`.
        """
        with (cancellation or Cancellation()).within(self._api.seconds) as flag:
            return self._first(query, offset, limit, flag)

    def _first(self, query: str, offset: int, limit: int, cancellation: Cancellation) -> HubPage:
        empty: HubPage | None = None
        failures: list[DepotError] = []
        in_order = self._in_order(offset + limit)
        for dialect in in_order:
            share = 1.0 if dialect is in_order[-1] else 0.5
            try:
                with cancellation.within(cancellation.seconds_left * share) as part:
                    page = self._page(dialect, query, offset, limit, part)
            except (Cancelled, NetworkLost):
                raise
            except DepotError as error:
                _log.info("search %s of Docker Hub: %s", dialect.name, error)
                failures.append(error)
                with self._lock:
                    self._resting[dialect.name] = self._clock() + _REST_SECONDS
                continue
            with self._lock:
                self._resting.pop(dialect.name, None)
            if page.images or page.total > offset:
                return page
            empty = empty or page
        if empty is not None:
            return empty
        raise next((error for error in failures if isinstance(error, RateLimited)), failures[0])

    def _in_order(self, end: int) -> list[_Dialect]:
        now = self._clock()
        able = [dialect for dialect in self._dialects if dialect.deepest is None or end <= dialect.deepest]
        with self._lock:
            return sorted(able, key=lambda dialect: self._resting.get(dialect.name, now) > now)

    def _page(self, dialect: _Dialect, query: str, offset: int, limit: int, cancellation: Cancellation) -> HubPage:
        what = f"the search for {query[:_LONGEST_SHOWN]!r}"
        images: dict[str, HubImage] = {}
        total = 0
        for part in _parts(offset, limit) if dialect.by_page else _windows(offset, limit):
            try:
                body = self._api.get(dialect.url(query, part), what, cancellation)
            except UpstreamNotFound:
                if part.start == 0:
                    raise
                break  # past the end
            rows = body.get("results")
            found = read_rows(rows[part.skip :][: part.take] if isinstance(rows, list) else rows, dialect.read, what)
            images.update((image.name, image) for image in found if image.name not in images)
            sent = len(rows) if isinstance(rows, list) else 0
            matches = figure(body.get(dialect.total))
            total = max(matches or 0, part.start + sent) if sent else min(matches or 0, part.start)
            if sent == 0 and part.start == 0 and matches:
                raise InvalidAnswer(f"Docker Hub counts {matches:,} matches in {what} and shows none")
            if sent < part.size or part.start + sent >= total:
                break
        return HubPage(tuple(images.values()), total)


def _windows(offset: int, limit: int) -> Iterator[_Part]:
    for start in range(offset, offset + limit, _LARGEST_PAGE):
        size = min(_LARGEST_PAGE, offset + limit - start)
        yield _Part(start, size, 0, size)


def _parts(offset: int, limit: int) -> Iterator[_Part]:
    """Pages that cover the wanted matches: a single one of their size if possible, else pages of the largest size."""
    if limit <= _LARGEST_PAGE and offset % limit == 0:
        yield _Part(offset, limit, 0, limit)
        return
    end = offset + limit
    for start in range(offset - offset % _LARGEST_PAGE, end, _LARGEST_PAGE):
        skip = max(0, offset - start)
        yield _Part(start, _LARGEST_PAGE, skip, min(_LARGEST_PAGE, end - start) - skip)


def _dialects(api: HubApi) -> tuple[_Dialect, ...]:
    def v4(query: str, part: _Part) -> str:
        return f"{api.base}/api/search/v4?" + _query(query=query, type="image", size=part.size, **{"from": part.start})

    def v2(query: str, part: _Part) -> str:
        page = part.start // part.size + 1
        return f"{api.base}/v2/search/repositories/?" + _query(query=query, page=page, page_size=part.size)

    def v1(query: str, part: _Part) -> str:
        return f"{api.index}/v1/search?" + _query(q=query, n=part.size, page=part.start // part.size + 1)

    return (
        _Dialect("v4", v4, "total", v4_reader(api.base), by_page=False, deepest=_DEEPEST_V4),
        _Dialect("v2", v2, "count", read_v2),
        _Dialect("v1", v1, "num_results", read_v1),
    )


def _query(**values: Any) -> str:
    return urlencode(values, errors="replace")
