"""Which addresses an upstream may send us to (`docs/depots.md`; `docs/decisions/0052-address-sources.md`).

The rules are about addresses, not names: a name is checked by the address that we connect to, at the moment of
connecting, so that a name that resolves differently the second time gains nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self
from urllib.parse import urlsplit

from imagedepot.errors import AddressNotAllowed

_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Zone(StrEnum):
    """How far away an address is. SPECIAL: link-local (where clouds serve metadata), multicast and so on."""

    LOOPBACK = "loopback"
    PRIVATE = "private"
    PUBLIC = "public"
    SPECIAL = "special"


Reach = frozenset[Zone]
ANYWHERE: Reach = frozenset(Zone)
_THIS_HOST: Reach = frozenset({Zone.LOOPBACK})


def zone_of(address: str) -> Zone:
    """The zone of an IP address given as text; a mapped or translated IPv6 address counts as the IPv4 one inside."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return zone_of(str(inner))
    if ip.is_loopback or ip.is_unspecified:
        return Zone.LOOPBACK
    if ip.is_link_local or ip.is_multicast or ip.is_reserved:
        return Zone.SPECIAL
    return Zone.PUBLIC if ip.is_global else Zone.PRIVATE


def literal_zone(host: str) -> Zone | None:
    """The zone of a host that is written as an address; None for a name."""
    try:
        return zone_of(host)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Address:
    """Scheme, host (no brackets) and port of a URL."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Self:
        """Parse a URL. Raises `AddressNotAllowed` for anything but an http or https URL."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise AddressNotAllowed("not a URL") from error
        if parts.scheme not in _PORTS or not host:
            raise AddressNotAllowed(f"not an http or https URL: {redacted(url)}")
        if parts.username is not None or parts.password is not None:
            raise AddressNotAllowed(f"a URL with credentials in it: {redacted(url)}")
        if any(character.isspace() or not character.isprintable() for character in url):
            raise AddressNotAllowed(f"not a URL: {redacted(url)}")
        return cls(parts.scheme, host.lower().rstrip("."), port or _PORTS[parts.scheme])

    @property
    def location(self) -> str:
        """`host:port`, also for the default port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return self.location.removesuffix(f":{_PORTS[self.scheme]}")


@dataclass(frozen=True, slots=True)
class AddressSource:
    """The peer that gave us a URL (redirect, token realm, link): the scheme that we reached it by, and its zone."""

    scheme: str
    zone: Zone

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse what `str` returned; anything else counts as a peer on the public network."""
        scheme, _, zone = text.partition(" ")
        return cls(scheme, Zone(zone)) if zone in set(Zone) else cls("https", Zone.PUBLIC)

    def __str__(self) -> str:
        return f"{self.scheme} {self.zone}"


OWNER: Final = AddressSource("file", Zone.LOOPBACK)
"""The source of addresses that an administrator adds at run time, or that a file or this package has: https anywhere
but to special addresses, plain http on this host alone."""


class AddressRules:
    """Decides which addresses may be asked. `insecure`: each `host[:port]` that a setting lists or writes with http://."""

    def __init__(self, insecure: Iterable[str] = ()) -> None:
        self.trust(insecure)

    def trust(self, insecure: Iterable[str]) -> None:
        """Replace the insecure hosts. Requests under way keep the rules that they began with."""
        self._insecure = frozenset(entry.strip().lower() for entry in insecure if entry.strip())

    def trusts(self, address: Address) -> bool:
        """Whether plain http and a self-signed certificate are accepted there; an entry without a port means any."""
        host = f"[{address.host}]" if ":" in address.host else address.host
        return host in self._insecure or f"{host}:{address.port}" in self._insecure

    def reach(self, target: Address, given_by: AddressSource | None) -> Reach:
        """The zones that the target may be in; `given_by` is None for an address that a user wrote.

        Raises `AddressNotAllowed` for an address that is forbidden in every zone.
        """
        if self.trusts(target):
            return ANYWHERE
        plain = target.scheme == "http"
        if given_by is None:
            return _THIS_HOST if plain else ANYWHERE
        if plain and (given_by.zone is not Zone.LOOPBACK or given_by.scheme == "https"):
            raise AddressNotAllowed(f"{target} over plain http")
        if plain:
            return _THIS_HOST
        if given_by == OWNER:
            return ANYWHERE - {Zone.SPECIAL}
        return frozenset({Zone.PUBLIC, given_by.zone} - {Zone.SPECIAL})


def redacted(url: str) -> str:
    """A URL fit for a log or a sentence: without credentials, query and fragment (signed URLs are secrets)."""
    bare = url.partition("?")[0].partition("#")[0]
    scheme, separator, rest = bare.partition("://")
    if not separator:
        return bare[:200]
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"[:200]
