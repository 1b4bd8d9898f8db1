"""Who may pass: what stands before the registry and answers 401 to the others."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from tests.fakes.challenge import Ask, Challenge, bearer
from tests.fakes.message import Answer, Headers, Request
from tests.fakes.tokens import TokenAuthority, basic_credentials

_ABOUT = re.compile(r"/v2/(?P<name>.+)/(?:manifests|blobs|tags|referrers)/")


def repository_of(path: str) -> str | None:
    """The repository that a registry path is about."""
    found = _ABOUT.match(path)
    return found["name"] if found else None


def action_of(request: Request) -> str:
    """The action that a scope must hold."""
    return "pull" if request.method in ("GET", "HEAD") else "push"


class Guard(Protocol):
    """Refuses what lacks the right credentials."""

    def refuse(self, request: Request) -> Answer | None:
        """The answer for a request that may not pass, None for one that may."""


class Open:
    """Everybody may pass."""

    def refuse(self, request: Request) -> Answer | None:
        """Nothing is refused."""
        return None


def unauthorized(challenges: list[str], detail: object = None) -> Answer:
    """A registry's 401."""
    headers: Headers = tuple(("WWW-Authenticate", challenge) for challenge in challenges)
    version = ("Docker-Distribution-Api-Version", "registry/2.0")
    return Answer.errors(401, "UNAUTHORIZED", "authentication required", detail, (*headers, version))


class BasicGuard:
    """`Basic realm=…` on every request (plain registry with htpasswd, Nexus, ECR)."""

    def __init__(self, accounts: dict[str, str], realm: str = "Registry Realm") -> None:
        self.accounts, self.realm = accounts, realm

    def refuse(self, request: Request) -> Answer | None:
        """401 without the right user and password."""
        user, password = basic_credentials(request) or ("", "")
        if user and self.accounts.get(user) == password:
            return None
        return unauthorized([f'Basic realm="{self.realm}"'])


class BearerGuard:
    """A token for the repository on every request.

    `realm` is what the challenge names, or (given the request's own host) says: a callable because a fake
    knows its port only when it is made. `challenge` writes it down, in any grammar of `challenge`.
    """

    def __init__(
        self, authority: TokenAuthority, realm: str | Callable[[Request], str] = "", challenge: Challenge = bearer
    ) -> None:
        self.authority, self.realm, self.challenge = authority, realm, challenge

    def refuse(self, request: Request) -> Answer | None:
        """401 with a challenge: no token, `invalid_token`, or `insufficient_scope`."""
        repository = repository_of(request.path)
        if repository is None and request.path == "/v2/_catalog":
            repository, action = "registry:catalog", "*"
        else:
            action = action_of(request)
        token = self.authority.find(request)
        if token and (repository is None or (repository, action) in token.grants):
            return None
        error = "insufficient_scope" if token else "invalid_token" if request.header("Authorization") else ""
        kind = "" if repository is None or ":" in repository else "repository:"
        scope = f"{kind}{repository}:{action}" if repository else ""
        ask = Ask(self._realm(request), self.authority.service, scope, error)
        detail = None
        if repository and kind:
            detail = [{"Type": "repository", "Class": "", "Name": repository, "Action": action}]
        return unauthorized(self.challenge(ask), detail)

    def _realm(self, request: Request) -> str:
        if callable(self.realm):
            return self.realm(request)
        return self.realm or f"http://{request.host}/token"
