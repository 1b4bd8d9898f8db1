"""Waiting for what another process does: bounded, and with a word on what did not happen."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Look until it holds; fails the test when it does not in time."""
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, f"it did not happen within {seconds} seconds"
        time.sleep(0.02)
