"""Setup mode: other machines can reach the service, and it has no user yet.

Nothing is served then but the page that creates the administrator, and that takes a code which only those know who see
how the service starts. The code is made at each start, kept in memory alone, and ends with the first user.
"""

from __future__ import annotations

import hmac
import secrets

from imagedepot.errors import Conflict, Forbidden, Unauthenticated
from imagedepot.service.access.access import Access
from imagedepot.service.access.caller import LoggedIn
from imagedepot.service.access.login_throttle import Attempt, LoginThrottle
from imagedepot.service.audit.log import audit

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 characters without 0, O, 1 and I, which look alike: 16 of them are 80 bits."""
_GROUPS, _GROUP = 4, 4
_LONGEST = 64


class SetupRequired(Unauthenticated):
    """The service has no user yet, so that only the first one can be created."""

    code = "setup_required"

    def __init__(self) -> None:
        super().__init__(
            "Image Depot has no user yet: open the link with the one-time code that it printed when it started, or run "
            "`imagedepot user add NAME` on its machine"
        )


class Setup:
    """`is_reachable`: other machines can reach the service, so that without a user no caller is served, not even this
    machine itself: what comes from loopback may have come through a proxy or the port of a container."""

    def __init__(self, access: Access, throttle: LoginThrottle, is_reachable: bool) -> None:
        self._access = access
        self._throttle = throttle
        self.is_reachable = is_reachable
        self.code = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))

    @property
    def is_open(self) -> bool:
        return self.is_reachable and not self._access.has_users

    def attempt(self, address: str) -> Attempt:
        """Begin a try from `address`; hold it back for `delay` seconds before `finish`.

        Raises `TooManyLogins`, `Conflict` when the code has ended.
        """
        self._check_open()
        return self._throttle.begin("setup", address)

    def finish(self, attempt: Attempt, code: str, username: str, password: str) -> LoggedIn:
        """Create the administrator and log them in.

        Raises `Forbidden` (a wrong code), `InvalidInput`, `Conflict` when another user was faster.
        """
        self._check_open()
        if not hmac.compare_digest(_plain(code), _plain(self.code)):
            audit.warning("setup code from %s refused", attempt.address)
            raise Forbidden("That is not the code that Image Depot printed when it last started")
        self._throttle.succeeded(attempt)
        self._access.add_first(username, password)
        return self._access.begin_session(username, attempt.address)

    def _check_open(self) -> None:
        if not self.is_open:
            raise Conflict("There is nothing to set up: the code works only while Image Depot has no user")


def _plain(code: str) -> bytes:
    """The code without what people add, drop or change as they type it."""
    return code[:_LONGEST].replace("-", "").replace(" ", "").upper().encode("utf-8", "replace")
