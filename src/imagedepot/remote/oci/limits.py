"""How many pulls Docker Hub still allows (docs.docker.com: pulls), from the headers of its last answer."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from imagedepot.model.limits import Limits
from imagedepot.remote.http.answers.answer import Answer

_COUNT = re.compile(r"(\d{1,9})(?:;w=(\d{1,8}))?")
_SOURCE = re.compile(r"[0-9A-Za-z:._-]{1,100}")


_NOTHING = Limits()


class LimitWatch:
    """Remembers the limit of the last answer that had one. `last`: what was known before; `keep` saves changes."""

    def __init__(
        self,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        last: Limits = _NOTHING,
        keep: Callable[[Limits], None] = lambda _: None,
    ) -> None:
        self._now = now
        self._keep = keep
        self._lock = threading.Lock()
        self._last = last

    def snapshot(self) -> Limits:
        return self._last

    def note(self, answer: Answer) -> None:
        """Called with every answer of Docker Hub's registry: HEAD and GET both carry the headers."""
        limit = _COUNT.fullmatch(answer.header("ratelimit-limit").strip())
        remaining = _COUNT.fullmatch(answer.header("ratelimit-remaining").strip())
        if limit is None or remaining is None:
            return
        window = int(limit[2]) if limit[2] else None
        source = answer.header("docker-ratelimit-source").strip()
        with self._lock:
            before = self._last
            self._last = Limits(
                int(limit[1]),
                int(remaining[1]),
                window,
                self._resets(int(remaining[1]), window),
                source if _SOURCE.fullmatch(source) else None,
            )
            if self._last != before:
                self._keep(self._last)

    def _resets(self, remaining: int, window: int | None) -> datetime | None:
        """When the count starts again at the latest: Docker Hub sends the length of its window, not the end."""
        if window is None:
            return None
        now, last = self._now(), self._last
        if last.resets is not None and last.resets > now and last.remaining is not None and remaining <= last.remaining:
            return last.resets
        return now + timedelta(seconds=window)
