"""How long a command or a running process took: wall time, CPU time, peak memory.

Machines are shared and noisy: a lone time says nothing, so `alternate` runs every contender once per round and the
table shows ratios of medians.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of wall and CPU time; `peak` in bytes, the largest single process."""

    wall: float
    cpu: float
    peak: int = 0


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """A whole process with its children, by the system's own accounting. Raises when it fails."""
    os.sync()
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} failed: {said.decode(errors='replace')[-500:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def cpu_seconds(pid: int) -> float:
    """CPU time that a living process has used so far, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident(pid: int) -> int:
    """Bytes of memory that a living process holds now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def idle_then_peak(pid: int, work: Callable[[], object]) -> tuple[int, int]:
    """Bytes of memory that a living process held before `work`, and the most that it held meanwhile."""
    idle = resident(pid)
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak is counted from now on
    work()
    status = Path(f"/proc/{pid}/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return idle, int(peak.split()[1]) * 1024


def within(pid: int, work: Callable[[], None]) -> Cost:
    """What `work` costs inside a running service: its wall time, and the service's CPU time meanwhile."""
    os.sync()
    before, started = cpu_seconds(pid), time.perf_counter()
    work()
    return Cost(time.perf_counter() - started, cpu_seconds(pid) - before)


def alternate(contenders: Mapping[str, Callable[[], Cost]], rounds: int) -> dict[str, list[Cost]]:
    """Every contender once per round, the order turned by one each time; one uncounted round first."""
    names = list(contenders)
    costs: dict[str, list[Cost]] = {name: [] for name in names}
    for round_number in range(rounds + 1):
        turn = round_number % len(names)
        for name in names[turn:] + names[:turn]:
            cost = contenders[name]()
            if round_number:
                costs[name].append(cost)
            print(f"  round {round_number} {name}: {cost.wall:.3f} s, cpu {cost.cpu:.3f} s", file=sys.stderr)
    return costs


def median_wall(costs: Sequence[Cost]) -> float:
    return statistics.median(cost.wall for cost in costs)


def latency(ask: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each question, asked in turns by one client; the first round is not counted."""
    seen: dict[str, list[float]] = {name: [] for name in ask}
    for round_number in range(rounds + 1):
        for name, question in ask.items():
            started = time.perf_counter()
            question()
            if round_number:
                seen[name].append(time.perf_counter() - started)
    return {name: statistics.median(times) for name, times in seen.items()}


def median_cpu(costs: Sequence[Cost]) -> float:
    return statistics.median(cost.cpu for cost in costs)
