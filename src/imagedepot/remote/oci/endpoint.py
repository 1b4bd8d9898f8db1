"""The endpoints of registries: base URL, title, and the host of the login."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from imagedepot.errors import AddressNotAllowed, InvalidSetting
from imagedepot.model.names.reference import DOCKER_HUB
from imagedepot.remote.http.address import Address, AddressRules, AddressSource, Zone, literal_zone

_HUB_REGISTRY = "https://registry-1.docker.io"
HUB_TITLE = "Docker Hub"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`registry` as references call it; `base` without a slash at its end; `title` for sentences.

    `login_host`: the host whose login is sent. A mirror of Docker Hub gets its own, never Docker Hub's.
    `given_by`: the source of its address, None for the user.
    """

    registry: str
    base: str
    title: str
    login_host: str
    given_by: AddressSource | None = None

    @property
    def is_hub(self) -> bool:
        return self.registry == DOCKER_HUB


def title_of(registry: str) -> str:
    return HUB_TITLE if registry == DOCKER_HUB else registry


class Endpoints:
    """Finds the endpoint of a registry.

    `hub_url` is `IMAGEDEPOT_REGISTRY_URL`, "" for Docker Hub's own. Raises `InvalidSetting`.
    """

    def __init__(self, rules: AddressRules, hub_url: str = "") -> None:
        self._rules = rules
        self._hub = self._docker_hub(hub_url)
        self._working: dict[str, Endpoint] = {}
        self._lock = threading.Lock()

    def candidates(self, registry: str) -> tuple[Endpoint, ...]:
        """The endpoints to try, in order, until `settle` chooses one."""
        if registry == DOCKER_HUB:
            return (self._hub,)
        with self._lock:
            working = self._working.get(registry)
        if working is not None:
            return (working,)
        schemes = ["https"]
        if self._rules.trusts(Address.of(f"https://{registry}")):
            schemes = ["https", "http"]
        elif _is_this_host(registry):
            # A plain http server may wait for ever in a TLS handshake, so http comes first where it is harmless.
            schemes = ["http", "https"]
        return tuple(Endpoint(registry, f"{scheme}://{registry}", registry, registry) for scheme in schemes)

    def at(self, url: str, given_by: AddressSource | None = None) -> Endpoint:
        """The endpoint of the host at `url`, to which a registry has redirected us; to ask it, `given_by` is needed."""
        address = Address.of(url)
        base = f"{address.scheme}://{address}"
        hub = self._docker_hub("")
        if base == hub.base:
            return replace(hub, given_by=given_by)
        return Endpoint(str(address), base, str(address), str(address), given_by)

    def settle(self, endpoint: Endpoint) -> None:
        """Choose a candidate that answers: from now on it is the only one. What no user wrote is no candidate."""
        if endpoint.given_by is not None:
            return
        with self._lock:
            self._working[endpoint.registry] = endpoint

    def forget_working(self, endpoint: Endpoint) -> None:
        """Drop a choice that failed: the next request tries every candidate again."""
        with self._lock:
            if self._working.get(endpoint.registry) == endpoint:
                del self._working[endpoint.registry]

    def forget(self) -> None:
        """Drop all choices: the rules have changed."""
        with self._lock:
            self._working.clear()

    @staticmethod
    def _docker_hub(url: str) -> Endpoint:
        if not url:
            return Endpoint(DOCKER_HUB, _HUB_REGISTRY, HUB_TITLE, DOCKER_HUB)
        base = url.strip().rstrip("/").removesuffix("/v2")
        try:
            host = str(Address.of(base))
        except AddressNotAllowed as error:
            raise InvalidSetting("IMAGEDEPOT_REGISTRY_URL", str(error)) from error
        own = base.lower() == _HUB_REGISTRY
        return Endpoint(DOCKER_HUB, base, HUB_TITLE, DOCKER_HUB if own else host)


def _is_this_host(registry: str) -> bool:
    host = Address.of(f"http://{registry}").host
    return host == "localhost" or host.endswith(".localhost") or literal_zone(host) is Zone.LOOPBACK
