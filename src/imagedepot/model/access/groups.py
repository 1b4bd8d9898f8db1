"""Which role the groups of a user give, for users whom a proxy or an identity provider signs in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from imagedepot.model.access.role import Role


@dataclass(frozen=True, slots=True)
class GroupRoles:
    """`admins` and `members` are names of groups; anyone in none of them is a viewer."""

    admins: Collection[str] = ()
    members: Collection[str] = ()

    def role(self, groups: Collection[str]) -> Role | None:
        """The role of a user in `groups`; None when no groups are configured, so that the role is chosen here."""
        if not (self.admins or self.members):
            return None
        if any(group in self.admins for group in groups):
            return Role.ADMIN
        return Role.MEMBER if any(group in self.members for group in groups) else Role.VIEWER
