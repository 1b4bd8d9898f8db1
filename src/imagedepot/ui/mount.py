"""Serves the web UI at `/`: built files by their name, the page for every other address (the router is in the page)."""

from __future__ import annotations

import logging
import mimetypes
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from imagedepot.service.monitoring.request import note_route
from imagedepot.ui.page import COMMON, NOT_BUILT, Page, policy

STATIC = Path(__file__).parent / "static"
_log = logging.getLogger(__name__)

# Programs ask here: they would take the page for an answer.
_NO_PAGES = frozenset({"api", "assets", "metrics", "healthz", "readyz", "v2"})
_NO_PAGES_BELOW = tuple(f"{each}/" for each in sorted(_NO_PAGES))
_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}


class WebUi:
    """The files under `static` and the page that names them."""

    def __init__(self, static: Path, prefix: str) -> None:
        self._prefix = prefix
        self._page = Page.load(static / "index.html")
        # Only what stood there at start is served: no request becomes a path.
        self._files = {
            file.relative_to(static).as_posix(): file
            for file in static.rglob("*")
            if file.is_file() and file.name != "index.html"
        }

    @property
    def is_built(self) -> bool:
        return self._page is not None

    async def answer(self, request: Request) -> Response:
        """Answer GET and HEAD of other paths. Raises HTTPException 404 for paths of the API and for missing files."""
        note_route("/")
        path = request.path_params["path"]
        file = self._files.get(path)
        if file is not None:
            return self._file(path, file, request)
        if path in _NO_PAGES or path.startswith(_NO_PAGES_BELOW):
            raise HTTPException(404, f"Not found: /{path}")
        return self._html(request)

    def _file(self, path: str, file: Path, request: Request) -> Response:
        headers = {**COMMON, "Content-Security-Policy": policy(None), "Vary": "Accept-Encoding"}
        # Names under assets/ carry a hash of their content.
        headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if path.startswith("assets/") else "public, max-age=3600"
        )
        kind = _TYPES.get(file.suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
        packed = self._files.get(f"{path}.gz")
        if packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            file = packed
        return FileResponse(file, media_type=kind, headers=headers)

    def _html(self, request: Request) -> Response:
        if self._page is None:
            return HTMLResponse(NOT_BUILT, 503, {**COMMON, "Content-Security-Policy": policy(None)})
        rendered = self._page.render(self._prefix or request.scope.get("root_path", ""))
        return HTMLResponse(
            rendered.body,
            headers={**COMMON, "Content-Security-Policy": rendered.policy, "Cache-Control": "no-store"},
        )


def mount(app: Starlette, root_path: str = "", static: Path = STATIC) -> None:
    """Add the web UI to `app` behind every route it has: call this last.

    `root_path` is the path prefix of a reverse proxy (`""` or `/depot`), as `IMAGEDEPOT_ROOT_PATH` gives it.
    """
    ui = WebUi(static, root_path)
    if not ui.is_built:
        _log.warning("this installation has no web UI: there was no Node to build it with")
    app.router.routes.append(Route("/{path:path}", ui.answer, methods=["GET"], include_in_schema=False))
