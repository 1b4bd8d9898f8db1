"""The host names that the service answers to, and the web pages that may call it."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from imagedepot.model.names.host_port import HostPort

_PORTS = {"http": 80, "https": 443}
_LAN = (".local", ".lan", ".home.arpa")
"""Domains of a LAN: the Internet's name servers answer for none of them (RFC 6762, RFC 8375)."""


class Hosts:
    """`listen` is the host that the service listens on, `names` the host's own, `allowed` are `host[:port]` of reverse
    proxies.

    A service that other machines can reach answers to every address as a number, to the host's own names and to those
    of a LAN: a page that had its own name point here (DNS rebinding) calls it by none of them.
    """

    def __init__(self, listen: str, allowed: Iterable[str], names: Iterable[str] = ()) -> None:
        own = HostPort(listen.lower().strip("[]"), None)
        self._is_reachable = not own.loopback
        self._names = frozenset((own.host, *names))
        self._allowed = [place for text in allowed if (place := HostPort.parse(text.lower()))]

    def answers_to(self, host: str) -> bool:
        place = HostPort.parse(host)
        if place is None:
            return False
        if place.loopback or (self._is_reachable and self._is_of_lan(place)):
            return True
        return any(each.host == place.host and each.port in (None, place.port) for each in self._allowed)

    def _is_of_lan(self, place: HostPort) -> bool:
        return place.address or place.host in self._names or place.host.endswith(_LAN)

    def is_own(self, origin: str, scheme: str, host: str) -> bool:
        """Whether a page of `origin` is one of ours, for a request that came as `scheme://host`.

        A proxy may speak https for us and may put its own name into `Host`: then the names it is known by decide,
        with their usual port unless another one is written in the setting.
        """
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        theirs = HostPort.parse(parts.netloc)
        ours = HostPort.parse(host)
        if theirs is None or ours is None or parts.scheme not in _PORTS:
            return False
        port = theirs.port or _PORTS[parts.scheme]
        if (parts.scheme, theirs.host, port) == (scheme, ours.host, ours.port or _PORTS.get(scheme)):
            return True
        return any(each.host == theirs.host and port == (each.port or _PORTS[parts.scheme]) for each in self._allowed)
