"""Logins to registries: tried first, then saved (`imagedepot registry login`)."""

from __future__ import annotations

from imagedepot.cancellation import Cancellation
from imagedepot.errors import InvalidInput, UpstreamDenied
from imagedepot.model.access.login import Login, OneLogin
from imagedepot.model.names.reference import Reference, is_host
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.oci.access.auth import Authenticator
from imagedepot.remote.oci.access.credentials import Credentials
from imagedepot.remote.oci.endpoint import Endpoints, title_of
from imagedepot.remote.oci.registry import RegistryClient


class RegistryLogins:
    """Logs in, logs out, lists. `known`: the authenticator of downloads, whose cache is dropped after a change."""

    def __init__(
        self, transport: Transport, endpoints: Endpoints, credentials: Credentials, known: Authenticator
    ) -> None:
        self._transport = transport
        self._endpoints = endpoints
        self._credentials = credentials
        self._known = known

    def log_in(self, host: str, username: str, password: str, cancellation: Cancellation | None = None) -> Login:
        """Try the login at the registry's `/v2/`, then save it.

        Raises `InvalidInput`, `UpstreamDenied`, `Unavailable`, `UpstreamError`, `StorageFailure`.
        """
        registry = normal_host(host)
        if not username or not password or ":" in username:
            raise InvalidInput("A login needs a user name, without a colon, and a password")
        login = Login(username, password, "", str(self._credentials.own))
        trial = RegistryClient(self._transport, Authenticator(self._transport, OneLogin(login)), self._endpoints)
        answer, wanted = trial.ask(Reference(registry, ""), "GET", "/", "the login", {}, cancellation)
        if answer.status == 401:
            answer.close()
            raise UpstreamDenied(f"{title_of(registry)} rejected the login for {username}")
        if answer.status != 200:
            raise trial.refused(answer, wanted)
        answer.close()
        self._credentials.save(self._endpoints.candidates(registry)[0].login_host, login)
        self._known.forget()
        return login

    def log_out(self, host: str) -> None:
        """Remove a login. Raises `NotFound` when it is not one of ours."""
        self._credentials.forget(self._endpoints.candidates(normal_host(host))[0].login_host)
        self._known.forget()

    def logins(self) -> list[tuple[str, Login]]:
        """Every host with its login, ascending."""
        return self._credentials.logins()

    def troubles(self) -> list[str]:
        """Why some logins may be missing from `logins`, each a sentence."""
        return [f"Some logins may be missing: {each}" for each in self._credentials.troubles()]


def normal_host(host: str) -> str:
    """`host[:port]` as references have it; Docker Hub under any of its names. Raises `InvalidInput`."""
    bare = host.strip().removeprefix("https://").removeprefix("http://").rstrip("/").removesuffix("/v1")
    if is_host(bare):
        reference = Reference.parse(f"{bare}/a/b")
        if reference.repository == "a/b":
            return reference.registry
    raise InvalidInput(f"Not a registry's host[:port]: {host[:200]!r}")
