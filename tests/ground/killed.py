"""Open a database in children of which each is killed at another write.

strace counts the writes of every child and sends SIGKILL as the counted one is about to happen. Its count is the same
for all children, so a child that shall die at its third write first makes all but three of the counted ones elsewhere.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from imagedepot.database.connection import MIGRATIONS, Database
from tests.ground.needs import require

_CALLS = "pwrite64,fdatasync,fsync,ftruncate,unlink,rename"
_COUNTED = 400  # more writes than any child makes


def killed_openings(folder: Path, migrations: Path = MIGRATIONS, before: Path | None = None, step: int = 1) -> int:
    """Leave `folder/<n>.db`, the database of a child killed at its n-th write, for each n up to the last write.

    Each starts as a copy of `before`, or without a file; `step` leaves writes out. Returns the number of kills.
    """
    require("strace")
    command = ["strace", "-f", "-qq", "-o", "/dev/null", f"--trace={_CALLS}"]
    command += [f"--inject={_CALLS}:signal=KILL:when={_COUNTED}"]
    command += [sys.executable, "-m", "tests.ground.killed", str(folder), str(migrations), str(before or ""), str(step)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": "."})
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def _openings(folder: Path, migrations: Path, before: bytes | None, step: int) -> int:
    """Kill one child after the other, until one makes fewer writes than it was to die at."""
    for kills, point in enumerate(range(1, _COUNTED, step)):
        path = folder / f"{point}.db"
        if before is not None:
            path.write_bytes(before)
        child = os.fork()
        if child == 0:
            _make_writes(_COUNTED - point)
            Database(path, migrations=migrations).close()
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
            return kills
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            raise RuntimeError(f"the child of point {point} ended with {status}")
    raise RuntimeError("a child made more writes than are counted")


def _make_writes(number: int) -> None:
    nowhere = os.open("/dev/null", os.O_WRONLY)
    for _ in range(number):
        os.pwrite(nowhere, b"-", 0)


if __name__ == "__main__":
    _folder, _migrations, _before, _step = sys.argv[1:]
    print(_openings(Path(_folder), Path(_migrations), Path(_before).read_bytes() if _before else None, int(_step)))
