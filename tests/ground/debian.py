"""A minimal Debian made by debootstrap: made once, kept as a tar file outside of git, unpacked for each who needs one.

It is in `$XDG_CACHE_HOME/imagedepot-tests`, and so are the wheels that packages are built from.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.ground.needs import require, require_root

ROOT = Path(__file__).parent.parent.parent
SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
_PACKAGES = "python3,python3-venv,ca-certificates"
_ROOM = 3 << 30
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "imagedepot-tests"


def debian_tar() -> Path:
    """The root file system as a tar file; minutes the first time on a host, nothing later."""
    require("debootstrap")
    require_root("run debootstrap")
    return _cached(f"{SUITE}.tar", _make_debian)


def wheels() -> Path:
    """A folder with the wheel of every locked package for this host's architecture and Debian's Python."""
    locked = ROOT / "requirements.lock"
    return _cached(f"wheels-{hashlib.sha256(locked.read_bytes()).hexdigest()[:12]}", _make_wheels)


def _make_debian(target: Path) -> None:
    """In a file system of its own in memory: dpkg waits for the disk thousands of times."""
    folder = target.with_name("debootstrap")
    folder.mkdir(exist_ok=True)
    unneeded = " ".join(f"{folder}/{each}" for each in ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc"))
    steps = [
        f"mount -t tmpfs tmpfs {folder}",
        f"debootstrap --variant=minbase --include={_PACKAGES} {SUITE} {folder} {MIRROR}",
        f"rm -rf {unneeded} {folder}/usr/share/locale",
        f"tar -C {folder} -cf {target} .",
    ]
    _run(["unshare", "--mount", "sh", "-ec", " && ".join(steps)])
    folder.rmdir()


def _make_wheels(target: Path) -> None:
    machine = os.uname().machine
    platforms = [f"--platform=manylinux_{glibc}_{machine}" for glibc in ("2_17", "2_28", "2_34")]
    pip = [sys.executable, "-m", "pip", "download", "-q", "--require-hashes", "-r", f"{ROOT}/requirements.lock"]
    _run([*pip, "--only-binary=:all:", "--python-version=3.11", *platforms, "-d", str(target)])


def _cached(name: str, make: Callable[[Path], None]) -> Path:
    """One process makes it, the others wait."""
    _CACHE.mkdir(parents=True, exist_ok=True)
    found = _CACHE / name
    with (_CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists():
            beside = _CACHE / f"{name}.new"
            if beside.is_dir():
                shutil.rmtree(beside)
            make(beside)
            beside.rename(found)
    return found


class Chroot:
    """A root file system at `folder`. Programs in it share the host's network and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    @contextmanager
    def unpacked(cls, folder: Path) -> Iterator[Chroot]:
        """The minimal Debian below `folder`."""
        root = folder / "root"
        root.mkdir()
        _run(["tar", "-C", root, "-xf", debian_tar()])
        yield cls(root)

    def command(self, *words: str, user: str = "") -> list[str]:
        """To be run on the host. The program is the process itself, so that a signal reaches it."""
        inside = ["chroot", *([f"--userspec={user}"] if user else []), str(self.folder), *words]
        mount = f"mount --rbind /proc '{self.folder}/proc' && mount --rbind /dev '{self.folder}/dev'"
        return ["unshare", "--mount", "sh", "-ec", f'{mount}; exec "$@"', "sh", *inside]

    def run(self, *words: str, user: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LANG": "C.UTF-8"}
        done = subprocess.run(
            self.command(*words, user=user), capture_output=True, text=True, check=False, env=environment
        )
        assert not check or done.returncode == 0, f"{' '.join(words)}:\n{done.stdout}\n{done.stderr}"
        return done


@contextmanager
def quick_folder(usual: Path) -> Iterator[Path]:
    """A folder in memory where there is room for it, else in `usual`: packages are thousands of synced files."""
    memory = Path("/dev/shm")
    has_room = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM
    with tempfile.TemporaryDirectory(dir=memory if has_room else usual, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
