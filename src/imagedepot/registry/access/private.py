"""Keeps upstream repositories that need credentials from anonymous callers, although we have them here."""

from __future__ import annotations

from imagedepot.errors import Unauthenticated
from imagedepot.model.access.role import Role
from imagedepot.registry.face import Asked
from imagedepot.registry.threads import Threads
from imagedepot.service.distribution.content import Content


async def check_private(asked: Asked, content: Content, threads: Threads) -> None:
    """Refuse anonymous callers a private repository. Raises `Unauthenticated`."""
    if not asked.caller.anonymous or asked.caller.role is Role.ADMIN:  # the one while no user is defined
        return
    if not await threads.upstream(asked.line, content.is_public, asked.repository, asked.only_here):
        raise Unauthenticated(f"{asked.repository.path} needs a login")
