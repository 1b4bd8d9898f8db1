"""The one HTML page of the web UI, with the path prefix and a fresh nonce written in.

The page holds no inline script. The component library writes a few `<style>` elements at run time (theme variables,
scroll lock); they carry the nonce that the policy of the same answer names, so that no other inline style is accepted.
"""

from __future__ import annotations

import html
import secrets
from dataclasses import dataclass
from pathlib import Path

_BASE = '<base href="/" />'
_NONCE = '<meta property="csp-nonce" nonce="" />'

COMMON = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""Headers of every answer."""

NOT_BUILT = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Image Depot</title>'
    "<h1>The web UI is not built</h1>"
    "<p>The REST API and the command line work. For the web UI too, install Image Depot where Node is there "
    "to build it (in a clone: <code>make ui</code>), and restart the service.</p>"
)


def policy(nonce: str | None) -> str:
    """The Content-Security-Policy of an answer; `nonce` admits the `<style>` elements that carry it."""
    style = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            f"style-src {style}",
            "img-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "frame-src 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "base-uri 'self'",
        )
    )


@dataclass(frozen=True)
class Rendered:
    """One answer: the page's bytes and the policy that fits them."""

    body: bytes
    policy: str


class Page:
    """The built `index.html`, read once."""

    def __init__(self, text: str) -> None:
        """Raises ValueError when `text` lacks one of the two lines that are rewritten for each answer."""
        for line in (_BASE, _NONCE):
            if text.count(line) != 1:
                raise ValueError(f"the web UI's page must hold exactly one line {line}")
        self._text = text

    @classmethod
    def load(cls, path: Path) -> Page | None:
        """The page at `path`, or None when the web UI was not built."""
        try:
            return cls(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def render(self, prefix: str) -> Rendered:
        """The page for a service reached under `prefix` (`""` or `/depot`)."""
        nonce = secrets.token_urlsafe(18)
        base = html.escape(prefix.rstrip("/") + "/", quote=True)
        text = self._text.replace(_BASE, f'<base href="{base}" />')
        text = text.replace(_NONCE, f'<meta property="csp-nonce" nonce="{nonce}" />')
        return Rendered(text.encode(), policy(nonce))
