"""Access to the service: users, their logins and roles.

Users are few, so they are kept in memory as well: no call waits for the database to know who is asking.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

from imagedepot.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated
from imagedepot.model.access.role import Role
from imagedepot.model.access.scope import SCOPES_OF, Scope
from imagedepot.protocols.rows import StoredUser, UserRows
from imagedepot.service.access.caller import Caller, LoggedIn, User, basic_login, role_of, user_of
from imagedepot.service.access.known_browsers import KnownBrowsers
from imagedepot.service.access.login_throttle import Attempt, LoginThrottle
from imagedepot.service.access.passwords import Passwords
from imagedepot.service.access.sessions import Session, Sessions, key_of
from imagedepot.service.access.tokens import Token, Tokens
from imagedepot.service.audit.log import audit

_IDENTITY = "identity:"
"""Begins what is kept in place of a password for users of an identity provider: no password has such a hash."""
_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class Access:
    def __init__(
        self,
        rows: UserRows,
        passwords: Passwords,
        throttle: LoginThrottle,
        browsers: KnownBrowsers,
        tokens: Tokens,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        guessed: Callable[[Attempt], object] = lambda _: None,
    ) -> None:
        """`guessed` is called with a failed attempt after so many that it looks like guessing."""
        self._guessed = guessed
        self._rows = rows
        self._passwords = passwords
        self._throttle = throttle
        self._browsers = browsers
        self.tokens = tokens
        self._now = now
        self._lock = threading.Lock()
        self._users = {user.username: user for user in rows.users()}
        self._sessions = Sessions(rows, now)
        self.reload_sessions = self._sessions.reload

    def reload_users(self) -> None:
        """Load them again: another node has changed some. Who is the same stays the same object."""
        with self._lock:
            rows, known = {row.username: row for row in self._rows.users()}, self._users
            self._users = {name: known[name] if known.get(name) == row else row for name, row in rows.items()}

    @property
    def has_users(self) -> bool:
        return bool(self._users)

    def anonymous(self) -> Caller:
        """Any caller while no user is defined."""
        return Caller("Anonymous", Role.ADMIN, anonymous=True, login=self._now())

    def owner(self) -> Caller:
        """A caller on the control socket."""
        return Caller("local", Role.ADMIN, anonymous=False, login=self._now())

    def caller(self, token: str) -> Caller | None:
        """The caller of the session `token`; None for an unknown or expired one."""
        session = self._sessions.find(token)
        user = self._users.get(session.username) if session else None
        if session is None or user is None:
            return None
        return Caller(user.username, role_of(user), anonymous=False, login=session.login)

    def authenticate(self, authorization: str) -> Caller | None:
        """The caller of a header `Authorization`: a token as `Bearer`, or as the password of its user (`Basic`).

        None when it is no valid token of a user. A password is not accepted here.
        """
        kind, _, content = authorization.strip().partition(" ")
        username, secret = "", content.strip()
        if kind.lower() == "basic":
            username, secret = basic_login(secret)
        elif kind.lower() != "bearer":
            return None
        token = self.tokens.find(secret)
        user = self._users.get(token.username) if token else None
        if token is None or user is None or (kind.lower() == "basic" and username != token.username):
            return None
        return Caller(user.username, role_of(user), anonymous=False, login=token.created, token=token)

    def vouched_for(self, username: str, role: Role | None) -> Caller | None:
        """The user of that name, authenticated elsewhere; None for an invalid name.

        `role` is what that one says. It does not count for users with a password: their role is chosen here.
        """
        user = self._users.get(username) or self._alike(username)
        if user is None and not _USERNAME.fullmatch(username):
            return None
        now = role_of(user) if user is not None else Role.VIEWER
        given = now if role is None or (user is not None and has_password(user)) else role
        return Caller(user.username if user else username, given, False, self._now(), vouched_for=True)

    def keep_vouched_for(self, caller: Caller) -> None:
        """Add the user of `vouched_for`, without a password, or change their role. Raises `StorageFailure`."""
        with self._lock:
            user = self._users.get(caller.username)
            if user is None or role_of(user) is not caller.role:
                row = StoredUser(
                    username=caller.username,
                    password=user.password if user else "",
                    role=caller.role.value,
                    created=user.created if user else self._now(),
                )
                self._put(row)
                audit.info("%s %r as %s", "changed" if user else "added", row.username, caller.role.value)

    def sign_in(self, identity: str, username: str, role: Role | None, address: str) -> LoggedIn:
        """Begin a session for a user whom an identity provider has authenticated.

        `identity` tells its users apart and outlives a new name; it is kept in place of a password. `role` is what the
        provider says, None for the one given here. Raises `Forbidden` for a name that another user has, or none can.
        """
        key = _IDENTITY + hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()
        with self._lock:
            if not self._users:
                raise Conflict("Image Depot has no user yet: create the administrator first")
            user = next((each for each in self._users.values() if hmac.compare_digest(each.password, key)), None)
            if user is None:
                if not _USERNAME.fullmatch(username):
                    raise Forbidden(f"{username[:64]!r} is not a name that a user can have here")
                if (alike := self._alike(username)) is not None:
                    raise Forbidden(
                        f"There is a user {alike.username} here who signs in another way; an administrator can remove "
                        "that user, or the identity provider name you otherwise"
                    )
            now = role_of(user) if user is not None else Role.VIEWER
            if user is None or (role is not None and role is not now):
                user = StoredUser(
                    username=user.username if user else username,
                    password=key,
                    role=(role or now).value,
                    created=user.created if user else self._now(),
                )
                self._put(user)
                audit.info("%r signs in through the identity provider, as %s", user.username, user.role)
            return self._begin_session(user, address)

    def is_kept(self, caller: Caller) -> bool:
        user = self._users.get(caller.username)
        return user is not None and role_of(user) is caller.role

    def is_current(self, caller: Caller) -> bool:
        """Whether a token's caller is still allowed in."""
        return caller.token is None or self.tokens.is_valid(caller.token.id)

    def add_token(
        self,
        caller: Caller,
        name: str,
        scopes: Collection[Scope],
        repositories: Sequence[str],
        expires: datetime | None,
        username: str | None = None,
    ) -> tuple[Token, str]:
        """Add a token for `username` (None: the caller) and return it with its secret.

        Raises `InvalidInput`, `NotFound`, `Forbidden` (for another user), `Conflict` (no user yet, too many).
        """
        if not self._users:
            raise Conflict("No user is defined, so no call needs an access token; add a user first")
        owner = username or (caller.username if caller.username in self._users else self._only_administrator())
        if owner != caller.username and not caller.is_admin:
            raise Forbidden("Only an administrator may add an access token of another user")
        role = role_of(self._user(owner))
        beyond = [scope for scope in Scope if scope in scopes and scope not in SCOPES_OF[role]]
        if beyond:
            raise InvalidInput(f"{owner} is a {role.value}, whose token cannot have the scope {beyond[0]}")
        return self.tokens.add(name, owner, scopes, repositories, expires)

    def tokens_of(self, caller: Caller) -> list[Token]:
        """All tokens for administrators, else the caller's own."""
        return [each for each in self.tokens.all() if caller.is_admin or each.username == caller.username]

    def remove_token(self, caller: Caller, id_: str) -> None:
        """Raises `NotFound`, also for another user's token."""
        token = next((each for each in self.tokens_of(caller) if str(each.id) == id_), None)
        if token is None:
            raise NotFound(f"There is no access token {id_[:40]}")
        self.tokens.remove(token.id)

    def attempt(self, username: str, address: str, browser: str = "") -> Attempt:
        """Begin a login; hold it back for `delay` seconds before `login`.

        `address` is where it comes from, `browser` the cookie by which a browser is known. Raises `TooManyLogins`.
        """
        return self._throttle.begin(username, address, self._browsers.known(browser, username) if browser else "")

    def login(self, attempt: Attempt, password: str) -> LoggedIn:
        """Raises `Unauthenticated`."""
        username = attempt.username
        user = self._check_password(attempt, password)
        with self._lock:
            if self._users.get(username) is not user:  # removed, or the password changed, in this very moment
                raise Unauthenticated("Wrong user name or password")
            return self._begin_session(user, attempt.address)

    def begin_session(self, username: str, address: str) -> LoggedIn:
        """Log in a user who has proved who they are by other means than the password. Raises `NotFound`."""
        with self._lock:
            return self._begin_session(self._user(username), address)

    def identify(self, attempt: Attempt, password: str) -> Caller:
        """The user with that password, for one request; no session begins. Raises `Unauthenticated`."""
        user = self._check_password(attempt, password)
        return Caller(user.username, role_of(user), anonymous=False, login=self._now())

    def visitor(self) -> Caller:
        """An anonymous caller on the network, where anonymous pulls are allowed."""
        return Caller("nobody", Role.VIEWER, anonymous=True, login=self._now())

    def known(self, username: str, token_id: int | None) -> Caller | None:
        """The caller for a user, and their access token if one is named, with current rights; None without any."""
        user = self._users.get(username)
        token = self.tokens.valid(token_id) if token_id is not None else None
        if user is None or (token_id is not None and (token is None or token.username != username)):
            return None
        return Caller(username, role_of(user), anonymous=False, login=self._now(), token=token)

    def fingerprint(self, username: str) -> str:
        """A text that changes with the user's password and reveals nothing of it; "" without the user."""
        user = self._users.get(username)
        return hashlib.sha256(user.password.encode()).hexdigest()[:16] if user else ""

    def stamp(self, username: str) -> object | None:
        """An object that is replaced whenever the user's password or role changes; None without the user."""
        return self._users.get(username)

    def renew(self, token: str) -> LoggedIn:
        """Raises `Unauthenticated`."""
        session = self._sessions.renew(token)
        caller = self.caller(token)
        if caller is None:
            raise Unauthenticated("Log in first")
        return LoggedIn(caller, token, self._sessions.seconds_left(session))

    def logout(self, token: str) -> None:
        self._sessions.end(key_of(token))

    def session_of(self, token: str) -> Session | None:
        """The session whose cookie holds `token`, if it is valid."""
        return self._sessions.find(token)

    def sessions(self, caller: Caller) -> list[Session]:
        """All sessions for administrators, else the caller's own; the latest login first."""
        return [each for each in self._sessions.all() if caller.is_admin or each.username == caller.username]

    def end_session(self, caller: Caller, id_: str) -> Session:
        """Raises `NotFound`, also for a session of another user that the caller may not see."""
        ended = [each for each in self.sessions(caller) if each.id == id_]
        if not ended:
            raise NotFound(f"There is no session {id_[:64]}")
        for session in ended:
            self._sessions.end(session.key)
        return ended[0]

    def users(self) -> list[User]:
        return [user_of(each) for _, each in sorted(self._users.items())]

    def add(self, username: str, password: str, role: Role) -> User:
        """Add a user; the first one is always an administrator. Raises `InvalidInput`, `Conflict`."""
        return self._add(username, password, role)

    def add_first(self, username: str, password: str) -> User:
        """Add the administrator of a service without users. Raises `InvalidInput`, `Conflict` when it has one."""
        return self._add(username, password, Role.ADMIN, only_first=True)

    def _add(self, username: str, password: str, role: Role, only_first: bool = False) -> User:
        if not _USERNAME.fullmatch(username):
            raise InvalidInput("A user name has 1 to 64 letters, digits, dots, dashes, underscores or @")
        hashed = self._passwords.hash(password, username)
        with self._lock:
            if only_first and self._users:
                raise Conflict("Image Depot has a user already: log in, or ask them for a user of your own")
            # Names that differ only in case look like the same person; existing ones stay.
            if (alike := self._alike(username)) is not None:
                raise Conflict(f"There is a user {alike.username} already")
            row = StoredUser(
                username=username,
                password=hashed,
                role=(role if self._users else Role.ADMIN).value,
                created=self._now(),
            )
            self._put(row)
        return user_of(row)

    def change(self, username: str, password: str | None = None, role: Role | None = None) -> User:
        """Change a password, which ends sessions, or a role. Raises `NotFound`, `InvalidInput`, `Conflict`."""
        hashed = self._passwords.hash(password, username) if password is not None else None
        with self._lock:
            before = self._user(username)
            if role is not None and role is not Role.ADMIN:
                self._check_not_last(before)
            row = StoredUser(
                username=username,
                password=hashed or before.password,
                role=before.role if role is None else role.value,
                created=before.created,
            )
            self._put(row)
            if hashed:
                self._sessions.end_those_of(username)
        return user_of(row)

    def confirm(self, username: str, current: str, address: str) -> None:
        """Check the user's current password; failures are counted and delayed like those of logins.

        Raises `NotFound`, `Forbidden`, `TooManyLogins`.
        """
        attempt = self._throttle.confirm(username, address)
        if not self._passwords.matches(current, self._user(username).password):
            audit.warning("current password of %r, given from %s, refused", username[:64], address)
            self._note_failure(attempt)
            raise Forbidden("That is not the current password")
        self._throttle.succeeded(attempt)

    def remove(self, username: str) -> None:
        """Raises `NotFound`, `Conflict` (the last administrator)."""
        with self._lock:
            self._check_not_last(self._user(username))
            self._rows.remove(username)
            self._users = {name: each for name, each in self._users.items() if name != username}
            self.tokens.forget_those_of(username)
            self._sessions.end_those_of(username)

    def _put(self, user: StoredUser) -> None:
        """Save a user, with the lock held. Users are replaced as a whole, so that requests read without the lock."""
        self._rows.put(user)
        self._users = {**self._users, user.username: user}

    def _begin_session(self, user: StoredUser, address: str) -> LoggedIn:
        """Begin a session, with the lock held."""
        token, session = self._sessions.begin(user.username)
        audit.info("login as %r from %s", user.username, address)
        caller = Caller(user.username, role_of(user), False, session.login)
        return LoggedIn(caller, token, self._sessions.seconds_left(session), self._browsers.cookie(user.username))

    def _only_administrator(self) -> str:
        """The user that a caller on the control socket stands for when it names none."""
        names = [name for name, user in self._users.items() if role_of(user) is Role.ADMIN]
        if len(names) > 1:
            raise InvalidInput("There are several administrators: name the user whose access token it is")
        return names[0]

    def _check_password(self, attempt: Attempt, password: str) -> StoredUser:
        """Raises `Unauthenticated`."""
        user = self._users.get(attempt.username)
        known = user.password if user is not None and has_password(user) else None
        if not self._passwords.matches(password, known) or user is None:
            audit.warning("login as %r from %s refused", attempt.username[:64], attempt.address)
            self._note_failure(attempt)
            raise Unauthenticated("Wrong user name or password")
        self._throttle.succeeded(attempt)
        return user

    def _note_failure(self, attempt: Attempt) -> None:
        if attempt.notable:
            self._guessed(attempt)

    def _user(self, username: str) -> StoredUser:
        if username not in self._users:
            raise NotFound(f"There is no user {username[:64]}")
        return self._users[username]

    def _alike(self, username: str) -> StoredUser | None:
        """The user whose name differs from `username` in capitals at most."""
        return next((each for name, each in self._users.items() if name.casefold() == username.casefold()), None)

    def _check_not_last(self, user: StoredUser) -> None:
        if role_of(user) is Role.ADMIN and sum(role_of(each) is Role.ADMIN for each in self._users.values()) == 1:
            raise Conflict(f"{user.username} is the last administrator")


def has_password(user: StoredUser) -> bool:
    return bool(user.password) and not user.password.startswith(_IDENTITY)
