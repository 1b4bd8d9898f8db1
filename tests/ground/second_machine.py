"""A second machine: a network namespace with a cable to this one, which knows it by its names."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import random
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.ground.needs import require, require_root

_NETWORKS = list(ipaddress.IPv4Network("198.18.0.0/15").subnets(new_prefix=30))  # for tests of networks (RFC 2544)


@dataclass(frozen=True)
class SecondMachine:
    """`address` is that of this machine, as the other one sees it."""

    name: str
    address: str

    def prefix(self) -> list[str]:
        """What makes a command run there."""
        return ["ip", "netns", "exec", self.name]

    def run(self, *command: str) -> str:
        done = subprocess.run(
            [*self.prefix(), *command], check=True, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
        )
        return done.stdout

    def program(self, program: str, folder: Path) -> Path:
        """A script that runs `program` there, for those who want a file."""
        script = folder / "on-the-second-machine"
        script.write_text(f'#!/bin/sh\nexec {" ".join(self.prefix())} {program} "$@"\n')
        script.chmod(0o755)
        return script


@contextlib.contextmanager
def second_machine() -> Iterator[SecondMachine]:
    """Needs root. It knows this machine's host name, alone and in `.local`, as its hosts file says."""
    require("ip")
    require_root("make a network namespace")
    number = f"{os.getpid() % 100_000:x}"
    name, here, there = f"depot-{number}", f"dpa{number}", f"dpb{number}"
    network = random.choice(_NETWORKS)
    ours, theirs = network.hosts()
    bare = socket.gethostname().lower().partition(".")[0]
    folder = Path("/etc/netns", name)
    with contextlib.ExitStack() as stack:
        _ip("netns", "add", name)
        stack.callback(_ip, "netns", "delete", name)
        folder.mkdir(parents=True)
        stack.callback(shutil.rmtree, folder)
        names = f"{socket.gethostname().lower()} {bare} {bare}.local"
        (folder / "hosts").write_text(f"127.0.0.1 localhost\n{ours} {names}\n")
        _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name)  # ends with the namespace
        _ip("address", "add", f"{ours}/30", "dev", here)
        _ip("link", "set", here, "up")
        for device in ("lo", there):
            _ip("-n", name, "link", "set", device, "up")
        _ip("-n", name, "address", "add", f"{theirs}/30", "dev", there)
        yield SecondMachine(name, str(ours))


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=60)
