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
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from imagedepot.content.archives.unpacked import CHUNK, Tick, Unpacked, limit_for
from imagedepot.errors import InvalidAnswer, StorageFailure, Unsuitable
from imagedepot.stores.lxc_images.members import Guard, Member, members
from imagedepot.stores.lxc_images.pseudo_file import pseudo_members

_LOOK_SECONDS = 0.1
_LONGEST_LIST = 1 << 27
_ENDED_BY_LIMIT = (-signal.SIGXCPU, -signal.SIGKILL)  # the kernel kills where soft and hard limit are one
# Two workers: each thread reserves memory, and a host with many cores would need more than the limit.
_UNSQUASHFS = ("-no-progress", "-processors", "2", "-data-queue", "64", "-frag-queue", "64")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program that reads an image from outside may use: `memory` in bytes, `cpu` and `wall` in seconds."""

    memory: int = 2 << 30
    cpu: int = 1800
    wall: float = 7200.0


_LIMITS = Limits()


Which = Callable[[str], str | None]


def squashfs_members(
    path: Path,
    guard: Guard,
    what: str,
    scratch: Path,
    tick: Tick,
    which: Which = shutil.which,
    limits: Limits = _LIMITS,
) -> Iterator[Member]:
    """`scratch`: a folder for what cannot be piped. `which` finds a program.

    Raises `Unsuitable` when the host has no program for it, `InvalidAnswer` when the image is damaged.
    """
    if program := which("sqfs2tar"):
        with _piped([program, "-r", ".", str(path)], what, limits) as stream:
            yield from members(Unpacked(stream, what, limit_for(path.stat().st_size), tick), guard, what)
    elif program := which("unsquashfs"):
        with tempfile.NamedTemporaryFile(dir=scratch, prefix="pseudo-") as listed:
            command = [program, *_UNSQUASHFS, "-pf", listed.name, str(path)]
            _run(command, what, guard.limit + _LONGEST_LIST, tick, limits)
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
        with _piped([program, "-r", ".", str(path)], what, _LIMITS) as stream:
            for _ in members(Unpacked(stream, what, limit, tick), Guard(what, limit), what):
                pass
    elif program := which("unsquashfs"):
        _run([program, *_UNSQUASHFS, "-lc", str(path)], what, 0, tick, _LIMITS)


@contextmanager
def _piped(command: list[str], what: str, limits: Limits) -> Iterator[IO[bytes]]:
    """What the program prints. At the end it has gone well, or `InvalidAnswer` is raised."""
    with tempfile.TemporaryFile() as complaints:
        process = _started(command, subprocess.PIPE, complaints, limits)
        assert process.stdout is not None
        late = threading.Event()

        def kill() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(limits.wall, kill)
        timer.daemon = True
        timer.start()
        try:
            yield process.stdout
            while process.stdout.read(CHUNK):
                pass
            code = process.wait()
            if code != 0:
                raise _failed(what, code, complaints, late.is_set())
        except InvalidAnswer as error:
            # Perhaps it ends in the middle because the program was ended.
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK_SECONDS)
            if process.returncode:
                raise _failed(what, process.returncode, complaints, late.is_set()) from error
            raise
        finally:
            timer.cancel()
            process.stdout.close()
            _end(process)


def _run(command: list[str], what: str, limit: int, tick: Tick, limits: Limits) -> None:
    """`limit`: bytes that a file which it writes may have; the kernel ends it there."""
    with tempfile.TemporaryFile() as complaints:
        process = _started(command, subprocess.DEVNULL, complaints, limits)
        with suppress(ProcessLookupError):  # it has ended already
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, limit))
        end = time.monotonic() + limits.wall
        try:
            while True:
                try:
                    code = process.wait(_LOOK_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    tick()
                    if time.monotonic() > end:
                        raise _too_slow(what) from None
            if code == -signal.SIGXFSZ:
                raise InvalidAnswer(f"{what}: it grows to more than {limit / 1e9:,.1f} GB: refused")
            if code != 0:
                raise _failed(what, code, complaints)
        finally:
            _end(process)


def _started(command: list[str], stdout: int, complaints: IO[bytes], limits: Limits) -> subprocess.Popen[bytes]:
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=complaints)
    except OSError as error:
        raise StorageFailure(f"Cannot run {command[0]}: {error.strerror}") from error
    with suppress(ProcessLookupError):  # it has ended already
        resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
        resource.prlimit(process.pid, resource.RLIMIT_AS, (limits.memory, limits.memory))
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (limits.cpu, limits.cpu))
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()


def _failed(what: str, code: int, complaints: IO[bytes], late: bool = False) -> InvalidAnswer:
    return _too_slow(what) if late or code in _ENDED_BY_LIMIT else _damaged(what, complaints)


def _too_slow(what: str) -> InvalidAnswer:
    return InvalidAnswer(f"{what}: a squashfs image that takes too long to read: refused")


def _damaged(what: str, complaints: IO[bytes]) -> InvalidAnswer:
    complaints.seek(0)
    lines = complaints.read(CHUNK).decode(errors="replace").split("\n")
    said = next((line.strip() for line in lines if line.strip()), "no reason given")
    return InvalidAnswer(f"{what}: a squashfs image that cannot be read ({said[:200]})")
