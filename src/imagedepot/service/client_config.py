"""The exact files that make another machine pull through this service, for each kind of client.

Sources: docs.docker.com (daemon.json), containerd's hosts.md, containers-registries.conf(5), the private registry
page of docs.k3s.io, and buildkitd.toml's reference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from urllib.parse import urlsplit

from imagedepot.errors import InvalidInput
from imagedepot.model.names.reference import DOCKER_HUB, is_host
from imagedepot.model.names.upstreams import Upstream

MARK = "Written by Image Depot"
_HUB_SERVER = "registry-1.docker.io"
_END = "IMAGEDEPOT_END"


class Client(StrEnum):
    DOCKER = "docker"
    CONTAINERD = "containerd"  # and nerdctl
    PODMAN = "podman"  # and skopeo, buildah, CRI-O
    K3S = "k3s"
    BUILDKIT = "buildkit"


@dataclass(frozen=True, slots=True)
class ServiceAddress:
    """Where clients reach the service: `host` is `host[:port]`."""

    host: str
    is_https: bool

    @classmethod
    def parse(cls, text: str, is_https: bool = False) -> Self:
        """`http://nas.lan:8080`, or `nas.lan:8080`, for which `is_https` decides. Raises `InvalidInput`."""
        scheme, separator, rest = text.strip().rpartition("://")
        if not separator:
            scheme = "https" if is_https else "http"
        try:
            parts = urlsplit(f"//{rest}")
            usable = scheme in ("http", "https") and is_host(parts.netloc) and parts.port != 0
        except ValueError:
            usable = False
        if not usable or parts.query or parts.fragment:
            raise InvalidInput(f"{text[:200]!r} is not the address of a service, such as http://nas.lan:8080")
        if parts.path not in ("", "/"):
            raise InvalidInput(
                f"{text[:200]!r} has a path, which no registry's address can have: /v2/ is at the root of its host"
            )
        return cls(parts.netloc.lower(), scheme == "https")

    @property
    def url(self) -> str:
        return f"{'https' if self.is_https else 'http'}://{self.host}"

    @property
    def is_loopback(self) -> bool:
        name = urlsplit(f"//{self.host}").hostname or ""
        return name in ("localhost", "::1") or name.startswith("127.")


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """`merged`: the file may hold something else already; then these lines have to be added to it."""

    path: str
    content: str
    merged: bool = False


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """`apply` puts the files into force, `attempt` pulls something, `login` signs in; all three are shell commands.

    `apply` and `login` may be empty. `can`, `cannot` and `warnings` are sentences.
    """

    client: Client
    address: ServiceAddress
    files: tuple[ConfigFile, ...]
    apply: str
    login: str
    attempt: str
    can: tuple[str, ...]
    cannot: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def script(self) -> str:
        """A shell script that writes the files, but touches nothing when one of them is there without our mark.

        JSON has no place for the mark, so Docker's `daemon.json` is never replaced.
        """
        lines = ["set -eu"]
        lines += [
            f"if [ -e '{file.path}' ] && ! grep -q '{MARK}' '{file.path}'; then "
            f"echo 'Nothing was changed: {file.path} exists already. Add the lines of Image Depot to it.' >&2; "
            "exit 1; fi"
            for file in self.files
        ]
        for file in self.files:
            folder = file.path.rpartition("/")[0]
            lines += [f"mkdir -p '{folder}'", f"cat > '{file.path}' <<'{_END}'", file.content.rstrip("\n"), _END]
        return "\n".join([*lines, *([self.apply] if self.apply else []), ""])


class ClientConfigs:
    """`address` is where the service listens; `public` is where clients reach it behind a reverse proxy, if it is.

    `authority` returns the PEM of the authority that signed the service's certificate, or nothing for one that every
    machine trusts. `warnings` returns sentences about the service itself.
    """

    def __init__(
        self,
        upstreams: Callable[[], Sequence[Upstream]],
        address: ServiceAddress,
        authority: Callable[[], str] = str,
        warnings: Callable[[], Sequence[str]] = tuple,
        public: ServiceAddress | None = None,
    ) -> None:
        self._upstreams = upstreams
        self._address = address
        self._authority = authority
        self._warnings = warnings
        self._public = public

    def write(self, client: Client, address: str = "", asked_at: str = "") -> ClientConfig:
        """`address` is where that client reaches the service; without one, the public address is, then `asked_at`.

        Raises `InvalidInput` for an address that is not one.
        """
        given = address or ("" if self._public else asked_at)
        at = ServiceAddress.parse(given, self._address.is_https) if given else self._public or self._address
        authority = self._authority() if at.is_https else ""
        config = _WRITERS[client](at, self._upstreams(), authority)
        return ClientConfig(
            client=client,
            address=at,
            files=tuple(config.files),
            apply=config.apply,
            login=config.login,
            attempt=config.attempt,
            can=(*config.can, f"When Image Depot does not answer, {config.name} asks the registry itself."),
            cannot=tuple(config.cannot),
            warnings=(*_address_warnings(at), *self._warnings()),
        )


@dataclass(frozen=True, slots=True)
class _Written:
    name: str
    files: list[ConfigFile]
    can: list[str]
    cannot: list[str]
    attempt: str
    apply: str = ""
    login: str = ""


def _docker(at: ServiceAddress, upstreams: Sequence[Upstream], authority: str) -> _Written:
    daemon: dict[str, list[str]] = {"registry-mirrors": [at.url]}
    if not at.is_https:
        daemon["insecure-registries"] = [at.host]
    files = [ConfigFile("/etc/docker/daemon.json", json.dumps(daemon, indent=2) + "\n", merged=True)]
    folder = "/etc/docker/certs.d"
    trusted = ConfigFile(f"{folder}/{at.host}/ca.crt", _marked(authority)) if authority else None
    files += [trusted] if trusted else []
    others = [each for each in upstreams if each.host != DOCKER_HUB]
    files += _hosts_files(folder, at, others, trusted.path if trusted else "")
    return _Written(
        "Docker",
        files,
        can=[
            "Images of Docker Hub come through Image Depot under their usual names.",
            f"Images of other registries come by their name here: docker pull {at.host}/ghcr.io/owner/name.",
            "Docker 29 and later, with the containerd image store, also reads the files below /etc/docker/certs.d: "
            "then the other registries keep their usual names, too.",
        ],
        cannot=[
            "Docker before 29 mirrors Docker Hub only; it ignores the files below /etc/docker/certs.d.",
            "Docker sends no password to a mirror: as soon as there are users, this needs "
            "IMAGEDEPOT_ANONYMOUS_PULL=yes. By name, Docker does sign in.",
        ],
        apply="systemctl restart docker",
        login=f"docker login {at.host}",
        attempt="docker pull hello-world",
    )


def _containerd(at: ServiceAddress, upstreams: Sequence[Upstream], authority: str) -> _Written:
    folder = "/etc/containerd/certs.d"
    files = [ConfigFile(f"{folder}/imagedepot-ca.crt", _marked(authority))] if authority else []
    trusted = files[0].path if files else ""
    return _Written(
        "containerd",
        [*files, *_hosts_files(folder, at, upstreams, trusted), *_own_hosts_file(folder, at, trusted)],
        can=[
            "Images of all these registries come through Image Depot under their usual names.",
            "containerd reads these files at each pull; it needs no restart.",
        ],
        cannot=[
            "Kubernetes reads them only with this in /etc/containerd/config.toml: "
            f'config_path = "{folder}", in the section [plugins."io.containerd.grpc.v1.cri".registry], or, from '
            "containerd 2 on, [plugins.'io.containerd.cri.v1.images'.registry].",
            "ctr and Kubernetes do not sign in to a mirror by themselves. With users, add an access token to each "
            f'hosts.toml: [host."{at.url}".header], Authorization = "Basic …" with the Base64 of user:token; or set '
            "IMAGEDEPOT_ANONYMOUS_PULL=yes.",
        ],
        login=f"nerdctl login {at.host}",
        attempt=f"ctr images pull --hosts-dir {folder} docker.io/library/hello-world:latest",
    )


def _podman(at: ServiceAddress, upstreams: Sequence[Upstream], authority: str) -> _Written:
    insecure = [] if at.is_https else ["insecure = true"]
    blocks = [_comment(at)]
    for each in upstreams:
        place = (each.host + "/" + each.prefix).rstrip("/")
        blocks += ["", "[[registry]]", f'prefix = "{place}"', f'location = "{place}"', ""]
        blocks += ["[[registry.mirror]]", f'location = "{at.host}/{each.alias}"', *insecure]
    if insecure:
        blocks += ["", "[[registry]]", f'location = "{at.host}"', *insecure]
    files = [ConfigFile("/etc/containers/registries.conf.d/50-imagedepot.conf", "\n".join(blocks) + "\n")]
    if authority:
        files.append(ConfigFile(f"/etc/containers/certs.d/{at.host}/ca.crt", _marked(authority)))
    return _Written(
        "Podman",
        files,
        can=[
            "Images of all these registries come through Image Depot under their usual names.",
            "Podman, Buildah, Skopeo and CRI-O all read this file, and sign in to a mirror.",
        ],
        cannot=[
            "A short name such as redis is looked for only in the registries that unqualified-search-registries names: "
            "write docker.io/library/redis."
        ],
        login=f"podman login {at.host}" + ("" if at.is_https else " --tls-verify=false"),
        attempt="podman pull docker.io/library/hello-world",
    )


def _k3s(at: ServiceAddress, upstreams: Sequence[Upstream], authority: str) -> _Written:
    lines = [_comment(at), "mirrors:"]
    for name in (*(each.host for each in upstreams if not each.prefix), at.host):
        lines += [f'  "{name}":', "    endpoint:", f'      - "{at.url}"']
    ca = "/etc/rancher/k3s/imagedepot-ca.crt"
    if authority:
        lines += ["configs:", f'  "{at.host}":', "    tls:", f'      ca_file: "{ca}"']
    files = [ConfigFile("/etc/rancher/k3s/registries.yaml", "\n".join(lines) + "\n", merged=True)]
    if authority:
        files.append(ConfigFile(ca, _marked(authority)))
    return _Written(
        "k3s",
        files,
        can=[
            "Images of all these registries come through Image Depot under their usual names; the file is needed on "
            "each node.",
            "k3s signs in to a mirror with a user name and an access token as its password: in the file, below "
            f'configs, "{at.host}", auth, username and password.',
        ],
        cannot=[],
        apply="systemctl restart k3s || systemctl restart k3s-agent",
        attempt="k3s crictl pull docker.io/library/hello-world:latest",
    )


def _buildkit(at: ServiceAddress, upstreams: Sequence[Upstream], authority: str) -> _Written:
    lines = [_comment(at)]
    for each in _by_host(upstreams):
        lines += ["", f'[registry."{each.host}"]', f'  mirrors = ["{at.host}/{each.alias}"]']
    ca = "/etc/buildkit/imagedepot-ca.crt"
    if not at.is_https:
        lines += ["", f'[registry."{at.host}"]', "  http = true"]
    elif authority:
        lines += ["", f'[registry."{at.host}"]', f'  ca = ["{ca}"]']
    files = [ConfigFile("/etc/buildkit/buildkitd.toml", "\n".join(lines) + "\n", merged=True)]
    if authority:
        files.append(ConfigFile(ca, _marked(authority)))
    return _Written(
        "BuildKit",
        files,
        can=[
            "Base images of all these registries come through Image Depot, with unchanged Dockerfiles.",
            f"With Buildx, the user who builds signs in: docker login {at.host}.",
        ],
        cannot=[
            "The builder that is part of Docker reads Docker's own configuration, not this file.",
        ],
        login=f"docker login {at.host}",
        attempt="docker buildx create --use --name imagedepot --buildkitd-config /etc/buildkit/buildkitd.toml && "
        "echo 'FROM hello-world' | docker buildx build -",
    )


_WRITERS: dict[Client, Callable[[ServiceAddress, Sequence[Upstream], str], _Written]] = {
    Client.DOCKER: _docker,
    Client.CONTAINERD: _containerd,
    Client.PODMAN: _podman,
    Client.K3S: _k3s,
    Client.BUILDKIT: _buildkit,
}


def _hosts_files(folder: str, at: ServiceAddress, upstreams: Sequence[Upstream], trusted: str) -> Iterator[ConfigFile]:
    """A `hosts.toml` for each registry: containerd asks us first, with `?ns=`, and then the registry itself."""
    for each in _by_host(upstreams):
        server = _HUB_SERVER if each.host == DOCKER_HUB else each.host
        lines = [_comment(at), f'server = "https://{server}"', "", f'[host."{at.url}"]']
        lines += ['  capabilities = ["pull", "resolve"]', *([f'  ca = "{trusted}"'] if trusted else [])]
        yield ConfigFile(f"{folder}/{each.host}/hosts.toml", "\n".join(lines) + "\n")


def _own_hosts_file(folder: str, at: ServiceAddress, trusted: str) -> Iterator[ConfigFile]:
    """For images that are named by our own address; containerd would speak https to it."""
    if at.is_https and not trusted:
        return
    lines = [_comment(at), f'server = "{at.url}"', "", f'[host."{at.url}"]']
    lines += ['  capabilities = ["pull", "resolve", "push"]', *([f'  ca = "{trusted}"'] if trusted else [])]
    yield ConfigFile(f"{folder}/{at.host}/hosts.toml", "\n".join(lines) + "\n")


def _by_host(upstreams: Sequence[Upstream]) -> Iterator[Upstream]:
    """The upstreams that a client can name by host alone; one with a prefix can be named by path only."""
    return (each for each in upstreams if not each.prefix)


def _address_warnings(at: ServiceAddress) -> Iterator[str]:
    if at.is_loopback:
        yield f"{at.host} is this device itself. On other machines, use its name or address in your network."


def _comment(at: ServiceAddress) -> str:
    return f"# {MARK} at {at.url}"


def _marked(authority: str) -> str:
    """The certificate with our mark before it; text outside of the blocks is ignored in PEM."""
    return f"# {MARK}\n{authority.strip()}\n"
