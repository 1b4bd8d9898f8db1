"""What a user may do."""

from __future__ import annotations

from enum import Enum


class Role(Enum):
    """Each role may do what the roles before it may: read; download and push; administer."""

    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "administrator"

    def covers(self, needed: Role) -> bool:
        """Whether this role may do all that `needed` may."""
        return _ORDER.index(self) >= _ORDER.index(needed)


_ORDER = tuple(Role)
