"""Plain requests with urllib3, one connection each, for tests of the fakes themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3.util import Timeout

PATIENCE = Timeout(60)  # of a busy machine


@dataclass(frozen=True)
class Got:
    """An answer that was read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    challenges: list[str]

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def ask(url: str, method: str = "GET", body: Any = None, **headers: str) -> Got:
    """One request, with `body` as JSON; no redirect is followed, nothing tried again."""
    return ask_within(PATIENCE, url, method, body, **headers)


def ask_within(timeout: Timeout, url: str, method: str = "GET", body: Any = None, **headers: str) -> Got:
    """As `ask`; raises urllib3's `TimeoutError`."""
    data = None if body is None else json.dumps(body)
    with urllib3.PoolManager(retries=False, timeout=timeout) as pool:
        answer = pool.request(method, url, body=data, headers=headers, redirect=False, preload_content=True)
        return Got(answer.status, answer.headers, answer.data, answer.headers.getlist("WWW-Authenticate"))
