"""Access tokens for machines: shown once, kept as a hash, limited in scope, repositories and time.

A token is 256 random bits, so its sha256 is as good as a slow hash, and guesses need no throttle. Tokens are few, so
they are kept in memory as well.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from imagedepot.errors import Conflict, InvalidInput, NotFound, StorageFailure
from imagedepot.files.limited_log import LimitedLog
from imagedepot.model.access.scope import Scope
from imagedepot.protocols.rows import StoredToken, TokenRows
from imagedepot.service.audit.log import audit

PREFIX = "idt_"  # so that scanners for secrets find it
_MOST = 1000
_LONGEST_NAME = 100
_MOST_PATTERNS = 50
_LONGEST_PATTERN = 255
_BETWEEN_NOTES = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Token:
    """`expires` is None for never, `last_used` for not yet; times are UTC."""

    id: int
    name: str
    username: str
    scopes: tuple[Scope, ...]
    repositories: tuple[str, ...]
    created: datetime
    expires: datetime | None
    last_used: datetime | None


class Tokens:
    def __init__(self, rows: TokenRows, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._rows = rows
        self._now = now
        self._log = LimitedLog(audit)
        self._lock = threading.Lock()
        self._noting: set[int] = set()
        self._tokens = {row.hashed: _token(row) for row in rows.all()}

    def reload(self) -> None:
        """Load them again: another node has added or removed some."""
        with self._lock:
            self._tokens = {row.hashed: _token(row) for row in self._rows.all()}

    def all(self) -> Sequence[Token]:
        return sorted(self._tokens.values(), key=lambda each: each.id)

    def find(self, secret: str) -> Token | None:
        """The token with this secret; None for an unknown or expired one."""
        token = self._tokens.get(_hashed(secret)) if secret.startswith(PREFIX) else None
        return token if token is not None and not self._expired(token) else None

    def is_valid(self, id_: int) -> bool:
        return self.valid(id_) is not None

    def valid(self, id_: int) -> Token | None:
        """The token with this id; None for one that was removed or has expired."""
        found = (each for each in self._tokens.values() if each.id == id_ and not self._expired(each))
        return next(found, None)

    def add(
        self,
        name: str,
        username: str,
        scopes: Collection[Scope],
        repositories: Sequence[str],
        expires: datetime | None,
    ) -> tuple[Token, str]:
        """Add a token; returns it with its secret, which is not stored.

        Raises `InvalidInput`, `Conflict` (too many).
        """
        now = self._now()
        if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
            raise InvalidInput(f"A token's name has 1 to {_LONGEST_NAME} printable characters")
        if not scopes:
            raise InvalidInput(f"A token has at least one scope: {', '.join(Scope)}")
        if not 1 <= len(repositories) <= _MOST_PATTERNS or not all(map(_is_pattern, repositories)):
            raise InvalidInput(
                f"A token has 1 to {_MOST_PATTERNS} patterns of repositories, each of at most {_LONGEST_PATTERN} "
                "characters without blanks, such as * or ghcr.io/owner/*"
            )
        if expires is not None and expires <= now:
            raise InvalidInput("A token expires in the future, or never")
        secret = PREFIX + secrets.token_urlsafe(32)
        with self._lock:
            if len(self._tokens) >= _MOST:
                raise Conflict(f"There are {_MOST} access tokens already; remove some first")
            row = StoredToken(
                id=0,
                name=name,
                username=username,
                hashed=_hashed(secret),
                scopes=" ".join(scope for scope in Scope if scope in scopes),
                repositories=" ".join(dict.fromkeys(repositories)),
                created=now,
                expires=expires,
                last_used=None,
            )
            token = _token(self._rows.add(row))
            self._tokens = {**self._tokens, row.hashed: token}
        return token, secret

    def get(self, id_: int) -> Token:
        """Raises `NotFound`."""
        for token in self._tokens.values():
            if token.id == id_:
                return token
        raise NotFound(f"There is no access token {id_}")

    def remove(self, id_: int) -> None:
        """Revoke a token at once. Raises `NotFound`."""
        with self._lock:
            self.get(id_)
            self._rows.remove(id_)
            self._tokens = {key: each for key, each in self._tokens.items() if each.id != id_}

    def forget_those_of(self, username: str) -> None:
        """Forget a user's tokens, after their rows have been deleted."""
        with self._lock:
            self._tokens = {key: each for key, each in self._tokens.items() if each.username != username}

    def is_use_due(self, id_: int) -> bool:
        """Whether the last noted use is so long ago that `note_use` should write down another."""
        last = next((each.last_used for each in self._tokens.values() if each.id == id_), None)
        return last is None or self._now() - last >= _BETWEEN_NOTES or last > self._now()

    def note_use(self, id_: int) -> None:
        """Record that the token was used now, at most once a minute.

        That it cannot be written down is logged: it is no reason to refuse the call. A slow database
        delays one call for each token at a time, and no others.
        """
        with self._lock:
            if id_ in self._noting or not self.is_use_due(id_):
                return
            self._noting.add(id_)
        now = self._now()
        try:
            self._rows.note_use(id_, now)
        except StorageFailure as error:
            self._log.warning("use", f"cannot write down the use of an access token: {error}")
        else:
            with self._lock:
                self._tokens = {
                    key: replace(each, last_used=now) if each.id == id_ else each for key, each in self._tokens.items()
                }
        finally:
            with self._lock:
                self._noting.discard(id_)

    def _expired(self, token: Token) -> bool:
        return token.expires is not None and token.expires <= self._now()


def _token(row: StoredToken) -> Token:
    """The token of a row; a scope that this version does not know allows nothing."""
    return Token(
        row.id,
        row.name,
        row.username,
        tuple(Scope(each) for each in row.scopes.split() if each in set(Scope)),
        tuple(row.repositories.split()),
        row.created,
        row.expires,
        row.last_used,
    )


def _is_pattern(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_PATTERN and text.isprintable() and not any(map(str.isspace, text))


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
