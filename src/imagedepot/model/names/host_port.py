"""The host and port that a request was sent to, and whether they are this machine itself."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

# What proxies add to a request that they pass on; `is_forwarding` adds all of X-Forwarded-*.
_FORWARDING = frozenset(
    b"forwarded via x-real-ip x-client-ip x-cluster-client-ip x-original-forwarded-for x-original-host x-original-uri "
    b"x-originating-ip x-remote-addr x-remote-ip x-envoy-external-address x-proxyuser-ip x-appengine-user-ip "
    b"true-client-ip cf-connecting-ip cf-ray fastly-client-ip fly-client-ip wl-proxy-client-ip client-ip "
    b"front-end-https".split()
)


@dataclass(frozen=True)
class HostPort:
    """A host, in lower case and without brackets, and the port that was written, if one was."""

    host: str
    port: int | None

    @classmethod
    def parse(cls, text: str) -> HostPort | None:
        """Parse the value of a `Host` header; None for anything but `host[:port]`."""
        try:
            parts = urlsplit(f"//{text}")
            port = parts.port
        except ValueError:
            return None
        if not parts.hostname or parts.netloc != text or parts.username is not None or any(c.isspace() for c in text):
            return None
        return cls(parts.hostname.rstrip("."), port)

    @property
    def address(self) -> bool:
        try:
            ip_address(self.host)
        except ValueError:
            return False
        return True

    @property
    def loopback(self) -> bool:
        return self.host == "localhost" or (self.address and is_loopback_address(self.host))


def is_loopback(host: str) -> bool:
    """Whether `host[:port]`, as the header `Host` has it, names this machine."""
    place = HostPort.parse(host)
    return place is not None and place.loopback


def is_loopback_address(text: str) -> bool:
    """Whether `text` is a loopback address, also an IPv4 one in the form of IPv6 (`::ffff:127.0.0.1`)."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def is_forwarding(header: bytes) -> bool:
    """Whether `header`, in lower case, is one that proxies add to what they pass on."""
    return header.startswith(b"x-forwarded") or header in _FORWARDING
