"""Signals to the service, at moments that a test of the whole process meets only by chance."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

BOTH = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["sigterm", "ctrl_c"])


def run(number: int, script: str) -> subprocess.CompletedProcess[str]:
    """A process that is watched over from its first line; `come()` is a signal."""
    start = (
        "import os, time\n"
        "from imagedepot.server.shutdown import Shutdown\n"
        f"come = lambda: os.kill(os.getpid(), {int(number)})\n"
        "ending = Shutdown()\n"
        "ending.watch()\n"
    )
    return subprocess.run([sys.executable, "-c", start + script], capture_output=True, text=True, timeout=30)


@BOTH
def test_a_signal_while_all_is_being_started_stops_the_work_as_soon_as_there_is_some(number: int) -> None:
    ended = run(number, "come()\nprint('started')\nwith ending.by(lambda: print('stop')): print('work')")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "started\nstop\nwork\n", "")


@BOTH
def test_the_first_signal_counts_and_one_more_while_all_is_closed_changes_nothing(number: int) -> None:
    ended = run(number, "with ending.by(lambda: print('stop')): come(), come()\ncome()\nprint('closed')")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "stop\nclosed\n", "")


@BOTH
def test_what_does_not_end_is_cut_off(number: int) -> None:
    ended = run(number, "come()\ntime.sleep(60)")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
