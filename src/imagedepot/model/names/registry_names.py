"""Resolves the repository names that clients of `/v2/` send: one resource, three spellings.

`?ns=<host>` and a name; `/v2/<host>/<name>`; a bare name, which is a repository of our own if there is one, else Docker
Hub's. Hosts are keys into a closed list (`model/names/upstreams.py`), never addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from imagedepot.errors import Forbidden, InvalidReference, NotFound
from imagedepot.model.names.reference import DOCKER_HUB, Reference, is_repository
from imagedepot.model.names.upstreams import OWN_HOST, Upstream, Upstreams

_LIBRARY = "library/"


@dataclass(frozen=True, slots=True)
class RepositoryName:
    """A repository as `/v2/` serves it; `upstream` is None for one of our own, `repository` is its name there."""

    repository: str
    upstream: Upstream | None = None

    @property
    def is_own(self) -> bool:
        return self.upstream is None

    @property
    def name(self) -> str:
        """With the host, as references have it: `ghcr.io/owner/name`, `depot.internal/team/app`."""
        return f"{self.upstream.host if self.upstream else OWN_HOST}/{self.repository}"

    @property
    def path(self) -> str:
        """The name in `/v2/` paths: `ghcr.io/owner/name`, `docker.io/library/redis`, `team/app`."""
        if self.upstream is None:
            return self.repository
        return f"{self.upstream.alias}/{self.repository.removeprefix(self.upstream.prefix)}"

    def reference(self, label: str) -> Reference:
        """`label` is a tag or a digest. Raises `InvalidReference`."""
        return Reference.for_tag(self.name, label)


def read_name(upstreams: Upstreams, name: str, ns: str | None, owns: Callable[[str], bool]) -> RepositoryName:
    """The repository that the path's `name` and the parameter `ns` mean; `owns` tests for a repository of our own.

    Raises `InvalidReference` for what breaks the grammar, `NotFound` for a host that is not in the list.
    """
    if not is_repository(name):
        raise InvalidReference(f"Not a valid repository name: {name[:300]!r}")
    if ns is not None:
        if ns.lower() == OWN_HOST:
            return _own(name)
        part = upstreams.prefixed(ns, name) if upstreams.find(ns) is None else None
        if part is not None:  # a peer names a repository as its registry does
            return RepositoryName(_short_enough(part.host, name), part)
        upstream = _upstream(upstreams, ns)
        return _at(upstream, name.removeprefix(f"{upstream.alias}/"))  # BuildKit sends both, `ns` and the path
    first, _, rest = name.partition("/")
    if first == OWN_HOST and rest:
        return _own(rest)
    if _is_host(first) and rest:
        return _at(_upstream(upstreams, first), rest)
    return _own(name) if owns(name) else _at(_upstream(upstreams, DOCKER_HUB), name)


def read_pushed_name(
    upstreams: Upstreams, name: str, ns: str | None, owns: Callable[[str], bool], is_mirrored: Callable[[str], bool]
) -> RepositoryName:
    """The own repository that a push goes to; `is_mirrored` tests whether `name` is here from an upstream.

    A push must never replace what the clients of the mirror get. Raises `Forbidden`, and as `read_name`.
    """
    meant = read_name(upstreams, name, ns, owns)
    first, _, rest = name.partition("/")
    if not meant.is_own and (ns is not None or (_is_host(first) and rest)):
        raise Forbidden(f"{meant.name} belongs to another registry: push to a name without a host, such as team/app")
    repository = meant.repository if meant.is_own else name
    if repository.startswith(_LIBRARY):
        raise Forbidden(f"{repository} is a name of Docker's official images: push to one of yours, such as team/app")
    on_hub = _at(_upstream(upstreams, DOCKER_HUB), repository)
    if not owns(repository) and is_mirrored(on_hub.name):
        raise Forbidden(f"{repository} is here from Docker Hub already: push to a name that no client takes for it")
    return _own(repository)


def _own(repository: str) -> RepositoryName:
    if _is_host(repository.partition("/")[0]) and "/" in repository:
        raise InvalidReference(f"Not a name for a repository of our own, because it begins with a host: {repository}")
    return RepositoryName(_short_enough(OWN_HOST, repository))


def _at(upstream: Upstream, name: str) -> RepositoryName:
    repository = upstream.prefix + name
    if upstream.host == DOCKER_HUB and "/" not in repository:
        repository = _LIBRARY + repository
    if _is_host(name.partition("/")[0]) and "/" in name and upstream.host == DOCKER_HUB:
        raise NotFound(f"{name} does not exist on Docker Hub, where no name begins with a host")
    return RepositoryName(_short_enough(upstream.host, repository), upstream)


def _upstream(upstreams: Upstreams, key: str) -> Upstream:
    found = upstreams.find(key)
    if found is None:
        raise NotFound(f"{key[:120]!r} is not one of the registries that are mirrored here (IMAGEDEPOT_UPSTREAMS)")
    return found


def _short_enough(host: str, repository: str) -> str:
    """Raises `InvalidReference` for a name that no reference can hold."""
    Reference.parse(f"{host}/{repository}")
    return repository


def _is_host(first: str) -> bool:
    """Whether the first component of a name is a host, which has a dot, as in references."""
    return "." in first or first == "localhost"
