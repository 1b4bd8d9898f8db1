"""Where engines listen when nobody says otherwise, and which of them answer (`spec/product.md`, "Settings")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from imagedepot.errors import DepotError
from imagedepot.model.image import ImageType
from imagedepot.stores.engine_client import EngineClient
from imagedepot.stores.lxd_client import LxdClient

_UNIX = "unix://"


@dataclass(frozen=True, slots=True)
class SeenEngine:
    """A daemon that answered at `address`."""

    type: ImageType
    kind: str
    address: str
    version: str


def docker_addresses(environment: Mapping[str, str]) -> list[str]:
    """`DOCKER_HOST` alone when it is set; else Docker's sockets, then Podman's."""
    if environment.get("DOCKER_HOST"):
        return [environment["DOCKER_HOST"]]
    run = environment.get("XDG_RUNTIME_DIR")
    sockets = ["/var/run/docker.sock", "/run/podman/podman.sock"]
    if run:
        sockets = [sockets[0], f"{run}/docker.sock", sockets[1], f"{run}/podman/podman.sock"]
    return [_UNIX + socket for socket in sockets]


def lxc_addresses(environment: Mapping[str, str]) -> list[str]:
    """Incus, then LXD, as a package and as a snap; their own environment variables first."""
    sockets = ["/var/lib/incus/unix.socket", "/var/lib/lxd/unix.socket", "/var/snap/lxd/common/lxd/unix.socket"]
    named = [f"{environment[name]}/unix.socket" for name in ("INCUS_DIR", "LXD_DIR") if environment.get(name)]
    return [_UNIX + socket for socket in [*named, *sockets]]


def first_present(addresses: list[str]) -> str:
    """The first whose socket exists (or that is no socket); the very first when none does.

    Chosen once, at start: an engine that goes away is waited for, never replaced by another.
    """
    for address in addresses:
        if not address.startswith(_UNIX) or Path(address.removeprefix(_UNIX)).is_socket():
            return address
    return addresses[0]


def seen_engines(environment: Mapping[str, str]) -> Iterator[SeenEngine]:
    """Ask every well-known socket that exists; those that do not answer are passed over."""
    for type_, addresses in (
        (ImageType.DOCKER, docker_addresses(environment)),
        (ImageType.LXC, lxc_addresses(environment)),
    ):
        for address in addresses:
            if not Path(address.removeprefix(_UNIX)).is_socket():
                continue
            client = EngineClient(address) if type_ is ImageType.DOCKER else LxdClient(address)
            try:
                kind, version = client.about()
            except DepotError:
                continue
            yield SeenEngine(type_, kind, address, version)
