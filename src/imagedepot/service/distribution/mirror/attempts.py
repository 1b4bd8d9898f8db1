"""Remembers what upstreams were asked and answered, so that nothing is asked twice within the interval."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from imagedepot.errors import DepotError, UpstreamNotFound
from imagedepot.model.digest import Digest
from imagedepot.service.distribution.served import ManifestHead

_MOST = 20_000
_MOST_NAMED = 2_000
_MOST_TAGS = 50

Key: TypeAlias = tuple[str, str]
"""A repository's full name, and a tag or what else was asked for."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One question at `moment` of `time.monotonic`. `failure` is why it failed ("" if it did not). `is_absent`: the
    upstream has no such thing; `has_no_head`: it says so to a HEAD, which some say of what they have. `head` is what a
    tag names, where its manifest was not fetched."""

    moment: float
    failure: str = ""
    is_absent: bool = False
    has_no_head: bool = False
    head: ManifestHead | None = None


class Attempts:
    """Bounded; safe for many threads. `fresh` tells for how many seconds an answer is not asked for again."""

    def __init__(self, fresh: Callable[[], float]) -> None:
        self._fresh = fresh
        self._lock = threading.Lock()
        self._last: OrderedDict[Key, Attempt] = OrderedDict()
        self._tags: OrderedDict[tuple[str, Digest], dict[str, datetime]] = OrderedDict()

    def recent(self, key: Key, since: datetime | None) -> Attempt | None:
        """The last question, if it is so recent that it is not asked again; None if it should be. `since` is when what
        is here came here: a later answer than that of the question."""
        fresh, now, attempt = self._fresh(), time.monotonic(), self._last.get(key)
        age = (datetime.now(UTC) - since).total_seconds() if since is not None else -1.0
        is_asked = attempt is not None and now - attempt.moment < fresh
        if 0 <= age < fresh and not (is_asked and attempt is not None and now - attempt.moment < age):
            return Attempt(now - age)
        return attempt if is_asked else None

    def note(self, key: Key, result: DepotError | ManifestHead | None, is_probe: bool = False) -> None:
        """Note how a question went that was asked just now; `is_probe`: with a HEAD alone."""
        head = result if isinstance(result, ManifestHead) else None
        failure = str(result) if isinstance(result, DepotError) else ""
        is_absent = isinstance(result, UpstreamNotFound)
        with self._lock:
            self._last[key] = Attempt(
                time.monotonic(), failure, is_absent and not is_probe, is_absent and is_probe, head
            )
            self._last.move_to_end(key)
            while len(self._last) > _MOST:
                self._last.popitem(last=False)
            if head is not None:
                tags = self._tags.setdefault((key[0], head.digest), {})
                tags[key[1]] = datetime.now(UTC)
                while len(tags) > _MOST_TAGS:
                    tags.pop(next(iter(tags)))
                while len(self._tags) > _MOST_NAMED:
                    self._tags.popitem(last=False)

    def tags_of(self, repository: str, digest: Digest) -> Collection[tuple[str, datetime]]:
        """Tags that named `digest` when its manifest was not fetched, and when that was; each is given once."""
        with self._lock:
            return list(self._tags.pop((repository, digest), {}).items())
