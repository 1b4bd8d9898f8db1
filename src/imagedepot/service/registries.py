"""The use cases of logins at registries."""

from __future__ import annotations

from typing import Protocol

from imagedepot.cancellation import Cancellation
from imagedepot.model.access.login import Login


class RegistryLogins(Protocol):
    """Log in, log out, list."""

    def log_in(self, host: str, username: str, password: str, cancellation: Cancellation | None = None) -> Login:
        """Check the login at the registry and save it.

        Raises `InvalidInput`, `UpstreamDenied`, `Unavailable`, `UpstreamError`, `StorageFailure`.
        """

    def log_out(self, host: str) -> None:
        """Raises `NotFound` for a login that is not one of ours."""

    def logins(self) -> list[tuple[str, Login]]:
        """Every host with its login, ascending."""

    def troubles(self) -> list[str]:
        """Why some logins may be missing from `logins`, each a sentence."""
