"""The engines that run on this machine, each on folders and a socket of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tests.ground.processes import Daemon, connects

DOCKER = "/usr/bin/docker"  # Debian's own, whatever else is first on the path


class Engine:
    """A daemon behind a Unix socket. `start` and `stop` may be called again: to take it away and bring it back."""

    def __init__(self, daemon: Daemon, socket: Path) -> None:
        self.daemon = daemon
        self.socket = socket
        self.address = f"unix://{socket}"

    def start(self) -> None:
        self.daemon.start()

    def stop(self) -> None:
        self.daemon.stop()
        limit = time.monotonic() + 10
        while connects(self.socket) and time.monotonic() < limit:
            time.sleep(0.05)

    def freeze(self) -> None:
        """From now on it does nothing at all, and does not say so, until it is to `thaw`."""
        self.daemon.send(signal.SIGSTOP)

    def thaw(self) -> None:
        self.daemon.send(signal.SIGCONT)


class Dockerd(Engine):
    """Debian's Docker Engine without a network."""

    def __init__(self, folder: Path, *options: str) -> None:
        socket = folder / "docker.sock"
        folders = ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid"]
        command = ["dockerd", *folders, "-H", f"unix://{socket}", "--iptables=false", "--bridge=none", *options]
        super().__init__(Daemon(command, folder / "dockerd.log", lambda: self.answers()), socket)

    def answers(self) -> bool:
        return connects(self.socket) and self.run("version", check=False).returncode == 0

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [DOCKER, "-H", self.address, *arguments]
        return subprocess.run(command, check=check, capture_output=True, text=True, timeout=300)

    def __call__(self, *arguments: str) -> str:
        """`docker …`; what it prints."""
        return self.run(*arguments).stdout.strip()

    def empty(self) -> None:
        """Remove every container and image."""
        for kind, words in (("ps", ("rm", "--force")), ("images", ("rmi", "--force"))):
            found = set(self(kind, "--all", "--quiet").split())
            if found:
                self(*words, *found)


class Containerd(Engine):
    """Debian's containerd without Kubernetes; `ctr` puts images into its content store, and nothing is unpacked."""

    def __init__(self, folder: Path) -> None:
        socket = folder / "containerd.sock"
        config = folder / "config.toml"
        config.write_text(
            f"version = 2\nroot = '{folder}/root'\nstate = '{folder}/state'\n"
            f"disabled_plugins = ['io.containerd.grpc.v1.cri']\n[grpc]\n  address = '{socket}'\n"
        )
        command = ["containerd", "--config", str(config)]
        super().__init__(Daemon(command, folder / "containerd.log", lambda: self.answers()), socket)

    def answers(self) -> bool:
        return connects(self.socket) and self.run("version").returncode == 0

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["ctr", "--address", str(self.socket), *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)

    def __call__(self, *arguments: str) -> str:
        """`ctr …`; what it prints."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


class Podman(Engine):
    """Podman's service on storage of its own."""

    def __init__(self, folder: Path) -> None:
        self._storage = folder / "root" / "overlay"
        self._runroot = tempfile.mkdtemp(prefix="podman-")  # Podman allows it 50 characters
        self._options = ["--root", str(folder / "root"), "--runroot", self._runroot, "--events-backend=file"]
        socket = folder / "podman.sock"
        command = ["podman", *self._options, "system", "service", "--time=0", f"unix://{socket}"]
        super().__init__(Daemon(command, folder / "podman.log", lambda: connects(socket)), socket)

    def stop(self) -> None:
        """Its storage is a mount of its own that outlives it, and would keep the folder from being removed."""
        super().stop()
        subprocess.run(["umount", self._storage], check=False, capture_output=True)
        shutil.rmtree(self._runroot, ignore_errors=True)

    def __call__(self, *arguments: str) -> str:
        """`podman …`; what it prints."""
        command = ["podman", *self._options, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout.strip()

    def empty(self) -> None:
        """Remove every container and image."""
        self("rm", "--all", "--force")
        self("rmi", "--all", "--force")


class Lxd(Engine):
    """LXD for images only: no storage pool is set up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._environment = {**os.environ, "LXD_DIR": str(folder), "HOME": str(folder)}
        socket = folder / "unix.socket"
        daemon = Daemon(
            ["lxd", "--group", "root"], folder.parent / "lxd.log", lambda: connects(socket), self._environment
        )
        super().__init__(daemon, socket)

    def __call__(self, *arguments: str) -> str:
        """`lxc …` (the client of LXD); what it prints."""
        client = shutil.which("lxc") or "/usr/bin/lxc"
        command = [client, *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120, env=self._environment)
        return done.stdout.strip()
