"""Under which names and addresses other machines may reach this host."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

_LOCAL = re.compile(r"\|-- (\S+)\n\s+/32 host LOCAL")
_LABELS = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")


def host_names(proc: Path = Path("/proc/net")) -> Sequence[str]:
    """The host's own name first, alone and in the domains of a LAN; then its addresses, loopback last."""
    name = socket.gethostname().lower().rstrip(".")
    names = []
    if _LABELS.fullmatch(name):
        bare = name.partition(".")[0]
        names = [name, bare, *(f"{bare}.{domain}" for domain in ("local", "lan", "home.arpa"))]
    return list(dict.fromkeys([*names, *_addresses(proc), "localhost", "127.0.0.1", "::1"]))


def _addresses(proc: Path) -> Iterator[str]:
    """As the kernel lists them, but for loopback and what holds on one link alone."""
    found = _LOCAL.findall(_text(proc / "fib_trie"))
    for line in _text(proc / "if_inet6").splitlines():
        digits = line.partition(" ")[0]
        if re.fullmatch(r"[0-9a-f]{32}", digits):
            found.append(":".join(digits[at : at + 4] for at in range(0, 32, 4)))
    for text in sorted(set(found)):
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            continue
        if not (address.is_loopback or address.is_link_local):
            yield str(address)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
