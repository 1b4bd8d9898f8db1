"""Restore a backup in children of which each is killed at another change of the disk, as `killed` does for databases.

strace counts each kind of call by itself, so one kind is counted at a time.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from imagedepot.backup.restore import restore
from tests.ground.needs import require

_COUNTED = 130  # more than any child makes of one kind; strace makes each of them slow
_NOWHERE = Path("/dev/null/nowhere")
_SPENT: dict[str, Callable[[int], object]] = {
    "write": lambda null: os.write(null, b"-"),
    "rename": lambda _: _NOWHERE.rename(_NOWHERE),
    "unlink": lambda _: _NOWHERE.unlink(),
    "unlinkat": lambda null: os.unlink("nowhere", dir_fd=null),
    "rmdir": lambda _: _NOWHERE.rmdir(),
    "mkdir": lambda _: Path("/").mkdir(),
    "fsync": os.fsync,
}
CALLS = tuple(_SPENT)


def killed_restores(folder: Path, backup: Path, before: Path, call: str, step: int = 1) -> int:
    """Leave `folder/<call>-<n>`, the data folder of a child killed at the n-th of its `call`s; each starts as a copy of
    `before`.

    Returns the number of kills.
    """
    require("strace")
    command = ["strace", "-f", "-qq", "-o", "/dev/null", f"--trace=?{call}"]
    command += [f"--inject=?{call}:signal=KILL:when={_COUNTED}"]
    command += [sys.executable, "-m", "tests.ground.killed_restore"]
    command += [str(folder), str(backup), str(before), call, str(step)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": "."})
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def _restores(folder: Path, backup: Path, before: Path, call: str, step: int) -> int:
    for kills, point in enumerate(range(1, _COUNTED, step)):
        data = folder / f"{call}-{point}"
        subprocess.run(["cp", "-a", before, data], check=True)  # a process of its own, so that it is not counted
        child = os.fork()
        if child == 0:
            nowhere = os.open("/dev/null", os.O_WRONLY)
            for _ in range(_COUNTED - point):
                with suppress(OSError):
                    _SPENT[call](nowhere)
            restore(data, str(backup), replace=True)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
            shutil.rmtree(data)
            return kills
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            raise RuntimeError(f"the child of point {point} ended with {status}")
    raise RuntimeError("a child made more changes than are counted")


if __name__ == "__main__":
    _folder, _backup, _before, _call, _step = sys.argv[1:]
    print(_restores(Path(_folder), Path(_backup), Path(_before), _call, int(_step)))
