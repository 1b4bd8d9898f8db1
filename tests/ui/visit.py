"""One person at the web UI: Debian's Chromium with nothing kept from another visit.

Whatever the page does, it must ask nobody but the service, run into no error, and break no rule of its own
Content-Security-Policy; `Visit.end` fails otherwise.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, StorageState, ViewportSize

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
)
LAPTOP = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
# The page itself may be told 401 or 404; the browser notes each such answer as an error.
_EXPECTED = ("Failed to load resource",)

Scheme = Literal["light", "dark"]


class Visit:
    """`page` stands at the service at `url` (path prefix included). `welcomed`: the first-run page was seen before."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        *,
        viewport: ViewportSize = LAPTOP,
        scheme: Scheme = "light",
        welcomed: bool = True,
        lenient: bool = False,
        locale: str = "en-US",
    ) -> None:
        parts = urlsplit(url)
        self.url = url.rstrip("/")
        self.origin = f"{parts.scheme}://{parts.netloc}"
        remembered: StorageState = {
            "origins": [{"origin": self.origin, "localStorage": [{"name": "imagedepot.welcomed", "value": "yes"}]}]
        }
        self.context = browser.new_context(
            viewport=viewport,
            # A phone's scroll bars lie over the page.
            is_mobile=viewport["width"] < 600,
            has_touch=viewport["width"] < 600,
            color_scheme=scheme,
            locale=locale,
            # Only for tools that must write a script into the page (axe).
            bypass_csp=lenient,
            reduced_motion="reduce",
            storage_state=remembered if welcomed else None,
            permissions=["clipboard-read", "clipboard-write"],
        )
        self.context.set_default_timeout(30_000)
        self.page: Page = self.context.new_page()
        self.requests: list[Request] = []
        self.errors: list[str] = []
        self.failed: list[str] = []  # no error by itself: pages are left, services stop
        self.page.on("request", lambda request: self.requests.append(request))
        self.page.on("requestfailed", lambda request: self.failed.append(f"{request.url}: {request.failure}"))
        self.page.on("pageerror", lambda error: self.errors.append(f"error in the page: {error}"))
        self.page.on("console", self._heard)

    def go(self, path: str = "/") -> Page:
        self.page.goto(f"{self.url}{path}")
        return self.page

    def asked(self) -> Counter[str]:
        """What was asked of the API so far: `GET /api/v1/space` -> how often."""
        found: Counter[str] = Counter()
        for request in self.requests:
            path = urlsplit(request.url).path
            if "/api/v1/" in path:
                found[f"{request.method} /api/v1/{path.partition('/api/v1/')[2]}"] += 1
        return found

    def end(self) -> None:
        self.context.close()
        elsewhere = [each.url for each in self.requests if not each.url.startswith((f"{self.origin}/", "data:"))]
        assert not elsewhere, f"the page asked somebody else: {elsewhere}"
        assert not self.errors, f"{self.errors}; requests without an answer: {self.failed}"

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_EXPECTED):
            self.errors.append(f"on the console: {message.text}")
