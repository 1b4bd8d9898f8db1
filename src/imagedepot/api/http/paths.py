"""One address for each operation: with or without a slash at its end, below a reverse proxy's prefix or not.

Nothing is redirected, because a redirect loses the body. `%2F` is a slash already when a path gets here.
"""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from imagedepot.api.http.answers import failure
from imagedepot.api.http.operation import BASE

WATCHED = ("/healthz", "/readyz", "/metrics")
"""What monitors ask, beside the API."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Paths:
    """`prefix` is `""` or `/depot`: taken off where the proxy left it on."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            if _CONTROL.search(path):
                await failure(400, "A path holds no control characters")(scope, receive, send)
                return
            plain = self._plain(path)
            if plain != path or scope.get("root_path"):
                scope = {**scope, "path": plain, "root_path": ""}
        await self._app(scope, receive, send)

    def _plain(self, path: str) -> str:
        prefix = self._prefix
        if prefix and (path == prefix or path.startswith(prefix + "/")):
            rest = path[len(prefix) :] or "/"
            # A prefix such as /api begins like our own addresses: then only what still is one has the prefix on.
            if not path.startswith(BASE + "/") or rest.startswith(BASE):
                path = rest
        bare = path.rstrip("/")
        return bare if path.startswith(BASE) or bare in WATCHED else path
