"""A login at a registry, and where logins are looked up."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Login:
    """A user name with a password, or an identity token. `source`: a file's path, or `helper:NAME`."""

    username: str
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    source: str = ""

    @property
    def basic(self) -> str:
        """The value of `Authorization: Basic`."""
        user = self.username or "<token>"
        secret = self.password or self.identity_token
        return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode("ascii")

    @property
    def title(self) -> str:
        """How sentences name the user."""
        return self.username or "the identity token"


class Logins(Protocol):
    """Looks up logins."""

    def find(self, host: str, repository: str) -> Login | None:
        """The most specific login for `host/repository`; None without one."""

    def trouble(self, host: str, repository: str) -> str:
        """Why `find` may have missed a login (a file that cannot be read), as part of a sentence; "" for no reason."""


class NoLogins:
    """No login for anything."""

    def find(self, host: str, repository: str) -> Login | None:
        return None

    def trouble(self, host: str, repository: str) -> str:
        return ""


class OneLogin:
    """Returns the same login for every host: for trying it before it is saved."""

    def __init__(self, login: Login) -> None:
        self._login = login

    def find(self, host: str, repository: str) -> Login | None:
        return self._login

    def trouble(self, host: str, repository: str) -> str:
        return ""
