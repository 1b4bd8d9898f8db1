"""Sign-in by a reverse proxy, which names the user in a header and is trusted at its own address only."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from imagedepot.files.limited_log import LimitedLog
from imagedepot.model.access.groups import GroupRoles
from imagedepot.service.access.access import Access
from imagedepot.service.access.caller import Caller

Network: TypeAlias = IPv4Network | IPv6Network
_SEPARATORS = re.compile(r"[,|]")
_MOST_GROUPS = 1000


class ProxySignIn:
    """`proxies` are the networks of the proxies, without which it is off; `user_header` and `groups_header` name the
    headers that they set."""

    def __init__(
        self,
        access: Access,
        proxies: Sequence[Network],
        user_header: str,
        groups_header: str,
        roles: GroupRoles,
    ) -> None:
        self._access = access
        self._proxies = proxies
        self._user = user_header.lower().encode()
        self._groups = groups_header.lower().encode()
        self._roles = roles
        self._log = LimitedLog(logging.getLogger(__name__))

    def caller(self, peer: str, headers: Iterable[tuple[bytes, bytes]]) -> Caller | None:
        """The user that the proxy names. None without the header, or from an address that is no configured proxy.

        `peer` is the address at the other end of the connection, whatever `X-Forwarded-For` claims.
        """
        if not self._proxies:
            return None
        named = [(name, value) for name, value in headers if name in (self._user, self._groups)]
        users = [value for name, value in named if name == self._user]
        if not any(users):  # a proxy sends an empty one for a visitor whom it does not know
            return None
        if not self._is_proxy(peer):
            self._log.warning(
                "stranger",
                f"a header {self._user.decode()} from {peer or 'an unknown address'} is not believed: "
                "IMAGEDEPOT_SIGN_IN_PROXIES does not name it",
            )
            return None
        if len(users) > 1:
            self._log.warning("twice", f"{self._user.decode()} names more than one user: it is not believed")
            return None
        groups = _SEPARATORS.split(",".join(_text(value) for name, value in named if name == self._groups))
        role = self._roles.role([group.strip() for group in groups[:_MOST_GROUPS]])
        caller = self._access.vouched_for(_text(users[0]).strip(), role)
        if caller is None:
            self._log.warning("name", f"{self._user.decode()} holds no name that a user can have: it is not believed")
        return caller

    def _is_proxy(self, peer: str) -> bool:
        try:
            address = ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self._proxies)


def _text(value: bytes) -> str:
    """The text of a header, as UTF-8: names need not be ASCII."""
    return value.decode("utf-8", "replace")
