"""Chooses the proxy of a request: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, in either case.

The standard library reads the same variables, in `urllib.request`; that module costs a cold command 20 ms to import and
looks at the process's own environment only.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes, urlsplit

from imagedepot.errors import InvalidSetting
from imagedepot.remote.http.address import Address, Zone, literal_zone

_SEPARATORS = re.compile(r"[,\s]+")
_HOST = re.compile(r"[A-Za-z0-9._:-]+")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    """One proxy. `url` has no login in it; `authorization` is the value of `Proxy-Authorization`, "" for none.

    `variable` is the environment variable that names it.
    """

    variable: str
    url: str
    authorization: str = field(default="", repr=False)

    @property
    def where(self) -> str:
        """`host:port`, for sentences."""
        return self.url.partition("://")[2]


class Proxies:
    """The proxies of `environment`, read once. Loopback addresses never go through a proxy.

    Raises `InvalidSetting` for a variable that names no usable proxy.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._by_scheme = {scheme: _proxy(environment, scheme) for scheme in ("http", "https")}
        _, direct = _read(environment, "no_proxy")
        self._direct = [entry.lower() for entry in _SEPARATORS.split(direct) if entry]

    def to(self, address: Address) -> Proxy | None:
        """The proxy for `address`; None for a direct connection."""
        proxy = self._by_scheme[address.scheme]
        if proxy is None or address.host == "localhost" or literal_zone(address.host) is Zone.LOOPBACK:
            return None
        if any(_covers(entry, address) for entry in self._direct):
            return None
        return proxy


def _read(environment: Mapping[str, str], name: str) -> tuple[str, str]:
    """The name and value of the variable; the lower-case name comes first, as with curl."""
    for known in (name, name.upper()):
        if text := environment.get(known, "").strip():
            return known, text
    return name.upper(), ""


def _proxy(environment: Mapping[str, str], scheme: str) -> Proxy | None:
    for name in (f"{scheme}_proxy", "all_proxy"):
        variable, text = _read(environment, name)
        if text:
            return _parse(variable, text)
    return None


def _parse(variable: str, text: str) -> Proxy:
    """`[scheme://][user:password@]host[:port]`, user and password percent-encoded. The text is in no sentence: it may
    hold a password.
    """
    url = text if "://" in text else f"http://{text}"
    scheme = url.partition("://")[0].lower()
    if scheme not in _PORTS:
        raise InvalidSetting(variable, f"{scheme[:20]}:// proxies are not supported; http:// and https:// ones are")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", _PORTS[scheme] if parts.port is None else parts.port
    except ValueError:
        host, port = "", 0
    if not _HOST.fullmatch(host) or not port:
        raise InvalidSetting(variable, "not the address of a proxy, such as http://proxy.lan:3128 or https://proxy.lan")
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return Proxy(variable, f"{scheme}://{where}", _basic(parts.username, parts.password))


def _basic(username: str | None, password: str | None) -> str:
    if username is None:
        return ""
    login = unquote_to_bytes(username) + b":" + unquote_to_bytes(password or "")
    return "Basic " + base64.b64encode(login).decode("ascii")


def _covers(entry: str, address: Address) -> bool:
    """One entry of NO_PROXY: `*`, a name and what is below it, an address, a network, each with a port or without."""
    if entry == "*":
        return True
    host, colon, port = entry.rpartition(":")
    if colon and port.isdigit() and "]" not in port and (host.count(":") == 0 or host.endswith("]")):
        return int(port) == address.port and _covers(host, address)
    bare = entry.strip("[]").lstrip("*").strip(".")
    if not bare:
        return False
    if address.host == bare or address.host.endswith(f".{bare}"):
        return True
    try:
        return ipaddress.ip_address(address.host) in ipaddress.ip_network(bare, strict=False)
    except ValueError:
        return False
