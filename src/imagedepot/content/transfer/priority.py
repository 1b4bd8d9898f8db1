"""The priority of threads that move bytes, beside those that answer calls."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

NICENESS = 5
"""A third of the processor time of a thread of usual priority when both want it, all of it when no other does."""


def give_way() -> None:
    """Let this thread, until it ends, run after those of usual priority.

    Twenty downloads on two cores are twenty threads that hash: without this the event loop waits in line behind them
    for each of its short turns. Linux alone has a niceness for each thread; elsewhere nothing happens.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            thread = threading.get_native_id()
            usual = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, usual + NICENESS)  # the kernel cuts it off at 19
