"""The names and addresses under which other machines may reach this host."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

_LOCAL = re.compile(r"\|-- (\S+)\n\s+/32 host LOCAL")
_IPV6 = re.compile(r"([0-9a-f]{32}) [0-9a-f]{2} ([0-9a-f]{2}) [0-9a-f]{2} [0-9a-f]{2} +(\S+)")
_BRIDGE = re.compile(r"(docker|podman|cni|virbr|lxcbr|lxdbr|incusbr|veth|vnet|cali|flannel)|br-[0-9a-f]{12}$")
_LABELS = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")


def host_names(proc: Path = Path("/proc/net")) -> Sequence[str]:
    """The host's own name first, alone and in the domains of a LAN; then its addresses, loopback last."""
    name, bare = _own_name()
    names = [name, bare, *(f"{bare}.{domain}" for domain in ("local", "lan", "home.arpa"))] if name else []
    return list(dict.fromkeys([*names, *_addresses(proc), "localhost", "127.0.0.1", "::1"]))


def lan_names(proc: Path = Path("/proc/net")) -> Sequence[str]:
    """What people on the LAN may open: the host's own name, that of multicast DNS, and its addresses there.

    The addresses of bridges for containers and virtual machines are left out.
    """
    name, bare = _own_name()
    names = [name, f"{bare}.local"] if name and name != "localhost" else []
    bridges = _networks_of_bridges(proc)
    seen = [each for each in map(ipaddress.ip_address, _addresses(proc)) if not any(each in net for net in bridges)]
    return list(dict.fromkeys([*names, *map(str, sorted(seen, key=lambda each: each.version))]))


def _own_name() -> tuple[str, str]:
    """The host's name, in full and without its domain; none if it is not valid in an address."""
    name = socket.gethostname().lower().rstrip(".")
    return (name, name.partition(".")[0]) if _LABELS.fullmatch(name) else ("", "")


def _addresses(proc: Path) -> Iterator[str]:
    """The addresses that the kernel lists, except for loopback and link-local ones."""
    found = _LOCAL.findall(_text(proc / "fib_trie"))
    found += [address for address, _, _ in _ipv6(proc)]
    for text in sorted(set(found)):
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            continue
        if not (address.is_loopback or address.is_link_local):
            yield str(address)


def _networks_of_bridges(proc: Path) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    found: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
    for line in _text(proc / "route").splitlines():
        columns = line.split()
        if len(columns) > 7 and _BRIDGE.match(columns[0]) and columns[7] != "00000000":
            base, mask = (bytes.fromhex(columns[at])[::-1] for at in (1, 7))
            found.append(ipaddress.ip_network((base, int.from_bytes(mask).bit_count()), strict=False))
    for address, bits, device in _ipv6(proc):
        if _BRIDGE.match(device):
            found.append(ipaddress.ip_network(f"{address}/{bits}", strict=False))
    return found


def _ipv6(proc: Path) -> Iterator[tuple[str, int, str]]:
    """IPv6 addresses with the length of their prefix and their device."""
    for line in _text(proc / "if_inet6").splitlines():
        if match := _IPV6.fullmatch(line):
            digits, bits, device = match.groups()
            yield ":".join(digits[at : at + 4] for at in range(0, 32, 4)), int(bits, 16), device


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
