"""Registry logins in the files of other tools (containers-auth.json(5), docker-login(1)).

First `auth.json` of Podman and skopeo, then Docker's `config.json`, credential helpers included. Our own logins are
written to `auth.json`. Nothing of them is ever logged.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from imagedepot.errors import NotFound, StorageFailure
from imagedepot.files.records import read_object, write_object
from imagedepot.model.access.login import Login
from imagedepot.model.names.reference import DOCKER_HUB
from imagedepot.remote.oci.access.credential_helper import ask_helper, helper_hosts, trouble_with

_HUB_HOSTS = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})
_HUB_KEY = "https://index.docker.io/v1/"  # the key of Docker Hub's login in helpers


class Credentials:
    """Logins from files, read again for each request, so that a login made by another tool counts at once.

    `environment` is the process's: HOME, XDG_CONFIG_HOME, XDG_RUNTIME_DIR, REGISTRY_AUTH_FILE, DOCKER_CONFIG, PATH.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        home = Path(environment.get("HOME") or "/")
        config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
        named, runtime = environment.get("REGISTRY_AUTH_FILE"), environment.get("XDG_RUNTIME_DIR")
        # Podman's own default does not survive a reboot, so we use the permanent file.
        self.own = Path(named) if named else config / "containers" / "auth.json"
        session = [Path(runtime) / "containers" / "auth.json"] if runtime and not named else []
        docker = Path(environment.get("DOCKER_CONFIG") or home / ".docker") / "config.json"
        self._files = [*session, self.own, docker]
        self._environment = dict(environment)

    def find(self, host: str, repository: str) -> Login | None:
        """The most specific login: for `host/group/image`, then `host/group`, then `host`."""
        for path in self._files:
            content = read_object(path)
            for key in _keys(content, host, repository):
                login = self._look_up(content, key, path)
                if login is not None:
                    return login
        return None

    def trouble(self, host: str, repository: str) -> str:
        """What kept `find` from searching everywhere, such as a file that cannot be read; "" for nothing."""
        for path in self._files:
            try:
                content = read_object(path, strict=True)
            except StorageFailure:
                return f"{path} cannot be read as a JSON object"
            for key in _keys(content, host, repository):
                helper = _helper(content, key)
                trouble = trouble_with(helper, key, self._environment) if helper else ""
                if trouble:
                    return f"{trouble}, which {path} names"
        return ""

    def troubles(self) -> list[str]:
        """Each file that cannot be read and each helper that fails, as part of a sentence."""
        found: dict[str, None] = {}
        for path in self._files:
            try:
                content = read_object(path, strict=True)
            except StorageFailure:
                found[f"{path} cannot be read as a JSON object"] = None
                continue
            for helper in {*_section(content, "credHelpers").values(), content.get("credsStore")}:
                trouble = trouble_with(helper, "", self._environment) if isinstance(helper, str) else ""
                if trouble:
                    found[f"{trouble}, which {path} names"] = None
        return sorted(found)

    def logins(self) -> list[tuple[str, Login]]:
        """Every host that we are logged in to, ascending, with its login."""
        found: dict[str, Login] = {}
        for path in self._files:
            content = read_object(path)
            for key in self._named(content):
                login = self._look_up(content, key, path)
                if login is not None:
                    found.setdefault(_host_of(key), login)
        return sorted(found.items())

    def save(self, host: str, login: Login) -> None:
        """Save a login in our `auth.json`, readable only by its owner. Raises `StorageFailure`."""
        content = read_object(self.own, strict=True)
        packed = base64.b64encode(f"{login.username}:{login.password}".encode()).decode("ascii")
        auths = {key: entry for key, entry in _section(content, "auths").items() if _host_of(key) != host}
        write_object(self.own, {**content, "auths": {**auths, host: {"auth": packed}}})

    def forget(self, host: str) -> None:
        """Remove a login. Raises `NotFound` when our `auth.json` lacks it: files of other tools are not changed."""
        content = read_object(self.own, strict=True)
        auths = _section(content, "auths")
        kept = {key: entry for key, entry in auths.items() if _host_of(key) != host}
        if len(kept) == len(auths):
            raise NotFound(f"There is no login for {host} in {self.own}")
        write_object(self.own, {**content, "auths": kept})

    def _look_up(self, content: Mapping[str, Any], key: str, path: Path) -> Login | None:
        """Look up a key: in its own helper, else in the file, else in the helper for everything."""
        if not isinstance(_section(content, "credHelpers").get(key), str):
            login = _entry(_section(content, "auths").get(key), str(path))
            if login is not None:
                return login
        helper = _helper(content, key)
        return ask_helper(helper, key, self._environment) if helper else None

    def _named(self, content: Mapping[str, Any]) -> Iterator[str]:
        yield from _section(content, "credHelpers")
        yield from _section(content, "auths")
        store = content.get("credsStore")
        if isinstance(store, str):
            yield from helper_hosts(store, self._environment)


def _keys(content: Mapping[str, Any], host: str, repository: str) -> Iterator[str]:
    """The keys that a login may have, the most specific first.

    Those of the file come first, then those that a helper may have although the file does not name them."""
    parts = repository.split("/") if repository else []
    written: dict[str, list[str]] = {}
    for key in (*_section(content, "credHelpers"), *_section(content, "auths")):
        written.setdefault(_host_of(key), []).append(key)
    found: dict[str, None] = {}
    for count in range(len(parts), -1, -1):
        name = "/".join((host, *parts[:count]))
        found.update(dict.fromkeys(sorted(written.get(name, ()), key=lambda key: key != name)))
    if isinstance(content.get("credsStore"), str):
        found.update(dict.fromkeys((_HUB_KEY,) if host == DOCKER_HUB else (host, f"https://{host}")))
    yield from found


def _helper(content: Mapping[str, Any], key: str) -> str | None:
    """The program that may keep the login under `key`. Helpers know hosts, not the namespaces of auth.json."""
    own = _section(content, "credHelpers").get(key)
    if isinstance(own, str):
        return own
    store = content.get("credsStore")
    return store if isinstance(store, str) and "/" not in _host_of(key) else None


def _host_of(key: str) -> str:
    """The normal form of a key: `host[:port]`, or a namespace below it."""
    bare = (key.partition("://")[2] or key).rstrip("/").removesuffix("/v1").removesuffix("/v2")
    host, slash, namespace = bare.partition("/")
    host = host.lower()
    return f"{DOCKER_HUB if host in _HUB_HOSTS else host}{slash}{namespace}"


def _section(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = content.get(name)
    return section if isinstance(section, dict) else {}


def _entry(entry: object, source: str) -> Login | None:
    if not isinstance(entry, dict):
        return None
    token = entry.get("identitytoken")
    packed = entry.get("auth")
    username, password = entry.get("username"), entry.get("password")
    if isinstance(packed, str) and packed:
        try:
            username, _, password = base64.b64decode(packed).decode().rstrip("\0").partition(":")
        except (binascii.Error, ValueError):
            return None
    if isinstance(token, str) and token:
        return Login("", "", token, source)
    if isinstance(username, str) and username and isinstance(password, str):
        return Login(username, password, "", source)
    return None
