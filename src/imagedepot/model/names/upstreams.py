"""The registries that `/v2/` mirrors: a closed list, so that nothing a client sends becomes an address to connect to.

An upstream has a host, as in references, and an alias for paths, which cannot hold a port.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from imagedepot.model.names.reference import DOCKER_HUB, is_host, is_repository, normal_registry

OWN_HOST = "depot.internal"
"""The reserved host of repositories that were pushed here (`.internal` does not exist on the Internet)."""

BUILT_IN = (
    DOCKER_HUB,
    "ghcr.io",
    "quay.io",
    "gcr.io",
    "registry.k8s.io",
    "mcr.microsoft.com",
    "lscr.io",
    "public.ecr.aws",
    "registry.gitlab.com",
    "codeberg.org",
    "docker.gitea.com",
    "docker.elastic.co",
    "docker.n8n.io",
    "nvcr.io",
    "registry.access.redhat.com",
    "registry.opensuse.org",
    "cgr.dev",
    "dhi.io",
)


@dataclass(frozen=True, slots=True)
class Upstream:
    """`host` is `host[:port]`; `prefix` is "" or what all of its repositories begin with there: `proxy/`."""

    host: str
    alias: str
    prefix: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """`ghcr.io`, or `registry.lan=https://registry.lan:5000[/prefix]`.

        Raises ValueError with a reason that reads on after the name of a setting.
        """
        alias, equals, address = (part.strip() for part in text.partition("="))
        if not equals:
            alias, address = _alias(text.strip()), f"https://{text.strip()}"
        try:
            parts = urlsplit(address)
            usable = parts.scheme == "https" and parts.username is None and not parts.query and not parts.fragment
        except ValueError:
            usable = False
        if not usable:
            raise ValueError(f"{text!r} is neither a host nor alias=https://host:port")
        host, prefix = normal_registry(parts.netloc.lower()), parts.path.strip("/")
        if not is_host(host) or "." not in host or (prefix and not is_repository(prefix)):
            raise ValueError(f"{address!r} is not the address of a registry, such as https://registry.lan:5000")
        if not is_repository(alias) or "/" in alias or "." not in alias:
            raise ValueError(f"{alias!r} is not an alias: it is written like a host without a port, as in registry.lan")
        if OWN_HOST in (alias, host.partition(":")[0]):
            raise ValueError(f"{OWN_HOST} is the host of what is pushed here")
        return cls(host, alias, f"{prefix}/" if prefix else "")


class Upstreams:
    """The built-in upstreams and those of a setting, which come first."""

    def __init__(self, named: Iterable[Upstream] = ()) -> None:
        """Raises ValueError when two of `named` have the same alias."""
        self._by_key: dict[str, Upstream] = {}
        for upstream in named:
            if normal_registry(upstream.alias) in BUILT_IN and upstream.alias != upstream.host:
                raise ValueError(f"{upstream.alias!r} is built in, and means that registry")
            if self._by_key.setdefault(upstream.alias, upstream) != upstream:
                raise ValueError(f"{upstream.alias!r} is named twice")
        for host in BUILT_IN:
            self._by_key.setdefault(host, Upstream(host, host))
        self.all = tuple(self._by_key.values())
        for upstream in self.all:
            if not upstream.prefix:
                self._by_key.setdefault(upstream.host, upstream)

    def find(self, key: str) -> Upstream | None:
        """By alias, or by host and port; Docker Hub under any of its names."""
        return self._by_key.get(normal_registry(key.lower()))

    def prefixed(self, host: str, repository: str) -> Upstream | None:
        """The one at `host` of which only a part is mirrored, to which a repository, named as it is there, belongs."""
        host = normal_registry(host.lower())
        return next(
            (each for each in self.all if each.prefix and each.host == host and repository.startswith(each.prefix)),
            None,
        )


def _alias(host: str) -> str:
    """The alias of a host without one: the host itself. Raises ValueError for a host with a port."""
    if not is_host(host):
        raise ValueError(f"{host!r} is neither a host nor alias=https://host:port")
    if ":" in host:
        raise ValueError(f"{host!r} has a port, which no path can hold: write alias=https://{host}")
    return host.lower()
