"""The members of a squashfs, by the system's programs; nothing of it is ever unpacked into folders.

`sqfs2tar` (squashfs-tools-ng) writes tar as it reads. Where only `unsquashfs` (squashfs-tools) is there, its pseudo
file serves: see `pseudo_file.py` for what is lost then.
"""

from __future__ import annotations

import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from imagedepot.errors import InvalidAnswer, StorageFailure, Unsuitable
from imagedepot.stores.lxc_images.members import Guard, Member, members
from imagedepot.stores.lxc_images.pseudo_file import pseudo_members
from imagedepot.stores.lxc_images.unpacked import CHUNK, Tick, Unpacked, limit_for

_LOOK_SECONDS = 0.1
_LONGEST_LIST = 1 << 27
Which = Callable[[str], str | None]


def squashfs_members(
    path: Path, guard: Guard, what: str, scratch: Path, tick: Tick, which: Which = shutil.which
) -> Iterator[Member]:
    """`scratch`: a folder for what cannot be piped. `which` finds a program.

    Raises `Unsuitable` when the host has no program for it, `InvalidAnswer` when the image is damaged.
    """
    if program := which("sqfs2tar"):
        with _piped([program, "-r", ".", str(path)], what) as stream:
            yield from members(Unpacked(stream, what, limit_for(path.stat().st_size), tick), guard, what)
    elif program := which("unsquashfs"):
        with tempfile.NamedTemporaryFile(dir=scratch, prefix="pseudo-") as listed:
            _run([program, "-no-progress", "-pf", listed.name, str(path)], what, guard.limit + _LONGEST_LIST, tick)
            yield from pseudo_members(Path(listed.name), guard, what, tick)
    else:
        raise Unsuitable(
            f"{what}: a squashfs image, and this host has no program to read one: install squashfs-tools-ng "
            f"or squashfs-tools"
        )


def check_squashfs(path: Path, what: str, tick: Tick, which: Which = shutil.which) -> None:
    """Read all of it; its tables alone where `unsquashfs` is the only program, and nothing where there is none.

    Raises `InvalidAnswer`.
    """
    limit = limit_for(path.stat().st_size)
    if program := which("sqfs2tar"):
        with _piped([program, "-r", ".", str(path)], what) as stream:
            for _ in members(Unpacked(stream, what, limit, tick), Guard(what, limit), what):
                pass
    elif program := which("unsquashfs"):
        _run([program, "-no-progress", "-lc", str(path)], what, 0, tick)


@contextmanager
def _piped(command: list[str], what: str) -> Iterator[IO[bytes]]:
    """What the program prints. At the end it has gone well, or `InvalidAnswer` is raised."""
    with tempfile.TemporaryFile() as complaints:
        process = _started(command, subprocess.PIPE, complaints)
        assert process.stdout is not None
        try:
            yield process.stdout
            while process.stdout.read(CHUNK):
                pass
            if process.wait() != 0:
                raise _damaged(what, complaints)
        finally:
            process.stdout.close()
            _end(process)


def _run(command: list[str], what: str, limit: int, tick: Tick) -> None:
    """`limit`: bytes that a file which it writes may have; the kernel ends it there."""
    with tempfile.TemporaryFile() as complaints:
        process = _started(command, subprocess.DEVNULL, complaints)
        with suppress(ProcessLookupError):  # it has ended already
            resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, limit))
        try:
            while True:
                try:
                    code = process.wait(_LOOK_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    tick()
            if code == -signal.SIGXFSZ:
                raise InvalidAnswer(f"{what}: it grows to more than {limit / 1e9:,.1f} GB: refused")
            if code != 0:
                raise _damaged(what, complaints)
        finally:
            _end(process)


def _started(command: list[str], stdout: int, complaints: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=complaints)
    except OSError as error:
        raise StorageFailure(f"Cannot run {command[0]}: {error.strerror}") from error


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()


def _damaged(what: str, complaints: IO[bytes]) -> InvalidAnswer:
    complaints.seek(0)
    lines = complaints.read(CHUNK).decode(errors="replace").split("\n")
    said = next((line.strip() for line in lines if line.strip()), "no reason given")
    return InvalidAnswer(f"{what}: a squashfs image that cannot be read ({said[:200]})")
