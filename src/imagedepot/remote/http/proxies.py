"""Which proxy a request goes through: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, in either case.

The standard library reads the same variables, in `urllib.request`; that module costs a cold command 20 ms to import and
looks at the process's own environment only.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from imagedepot.remote.http.address import Address, Zone, literal_zone


class Proxies:
    """Read once from `environment`. Loopback is never asked through a proxy."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._by_scheme = {scheme: _read(environment, f"{scheme}_proxy") for scheme in ("http", "https")}
        self._direct = [entry.strip().lower() for entry in _read(environment, "no_proxy").split(",") if entry.strip()]

    def to(self, address: Address) -> str | None:
        """The proxy's URL, None for a direct connection."""
        proxy = self._by_scheme[address.scheme]
        if not proxy or address.host == "localhost" or literal_zone(address.host) is Zone.LOOPBACK:
            return None
        if any(_covers(entry, address) for entry in self._direct):
            return None
        return proxy if "://" in proxy else f"http://{proxy}"


def _read(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name) or environment.get(name.upper()) or ""


def _covers(entry: str, address: Address) -> bool:
    """One entry of NO_PROXY: `*`, a name and what is below it, an address, a network, each with a port or without."""
    if entry == "*":
        return True
    host, colon, port = entry.rpartition(":")
    if colon and port.isdigit() and "]" not in port and host.count(":") == 0:
        return int(port) == address.port and _covers(host, address)
    bare = entry.strip("[]").lstrip("*").lstrip(".")
    if address.host == bare or address.host.endswith(f".{bare}"):
        return True
    try:
        return ipaddress.ip_address(address.host) in ipaddress.ip_network(bare, strict=False)
    except ValueError:
        return False
