"""The default sockets of engines, and which of them answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from imagedepot.errors import DepotError, InvalidSetting
from imagedepot.model.image import ImageType
from imagedepot.model.stores import SeenEngine

_UNIX = "unix://"
_ASKED_SECONDS = 3


def docker_addresses(environment: Mapping[str, str]) -> list[str]:
    """`DOCKER_HOST` alone when it is set; else Docker's sockets, then Podman's. Raises `InvalidSetting`."""
    named = environment.get("DOCKER_HOST")
    if not named:
        return _docker_sockets(environment)
    if not named.startswith((_UNIX, "tcp://")):
        raise InvalidSetting(
            "IMAGEDEPOT_DOCKER",
            f"it is engine, and DOCKER_HOST names {named[:100]}, which is no unix:// or tcp:// address",
        )
    return [named]


def lxc_addresses(environment: Mapping[str, str]) -> list[str]:
    """The sockets of Incus, then LXD, as a package and as a snap; their own environment variables come first."""
    sockets = ["/var/lib/incus/unix.socket", "/var/lib/lxd/unix.socket", "/var/snap/lxd/common/lxd/unix.socket"]
    named = [f"{environment[name]}/unix.socket" for name in ("INCUS_DIR", "LXD_DIR") if environment.get(name)]
    return [_UNIX + socket for socket in [*named, *sockets]]


def first_present(addresses: list[str]) -> str:
    """The first address whose socket exists (or that is not a socket); the very first when none does.

    Chosen once, at start: an engine that goes away is waited for, never replaced by another.
    """
    for address in addresses:
        path = _socket(address)
        if path is None or path.is_socket():
            return address
    return addresses[0]


def seen_engines(environment: Mapping[str, str], chosen: Collection[str]) -> Iterator[SeenEngine]:
    """Ask every well-known socket that exists, but for those at the addresses `chosen`; each engine once."""
    asked = {path.resolve() for address in chosen if (path := _socket(address))}
    named = environment.get("DOCKER_HOST", "")
    docker = [*([named] if named.startswith(_UNIX) else []), *_docker_sockets(environment)]
    for type_, addresses in ((ImageType.DOCKER, docker), (ImageType.LXC, lxc_addresses(environment))):
        for address in addresses:
            path = _socket(address)
            if path is None or not path.is_socket() or path.resolve() in asked:
                continue
            asked.add(path.resolve())
            try:
                kind, version = _about(type_, address)
            except DepotError:
                continue
            yield SeenEngine(type_, kind, address, version)


def _docker_sockets(environment: Mapping[str, str]) -> list[str]:
    run = environment.get("XDG_RUNTIME_DIR")
    own = [f"{run}/docker.sock", f"{run}/podman/podman.sock"] if run else []
    sockets = ["/var/run/docker.sock", *own[:1], "/run/podman/podman.sock", *own[1:]]
    return [_UNIX + socket for socket in sockets]


def _socket(address: str) -> Path | None:
    return Path(address.removeprefix(_UNIX)) if address.startswith(_UNIX) else None


def _about(type_: ImageType, address: str) -> tuple[str, str]:
    # Late: their clients take a while to import, and most hosts have none of these sockets.
    from imagedepot.stores.docker.client import EngineClient
    from imagedepot.stores.lxd.client import LxdClient

    if type_ is ImageType.LXC:
        return LxdClient(address, _ASKED_SECONDS).about()
    client = EngineClient(address, seconds=_ASKED_SECONDS)
    try:
        about = client.about()
    finally:
        client.close()
    return about.kind, about.version
