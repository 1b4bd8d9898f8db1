"""A registry that misbehaves on purpose, in front of a real one."""

from __future__ import annotations

from tests.fakes.cdn import Cdn
from tests.fakes.guard import BearerGuard, Guard, Open
from tests.fakes.message import Answer, Request
from tests.fakes.redirects import redirect_to_cdn
from tests.fakes.rules import BLOBS, Fault, Rules
from tests.fakes.server import Server
from tests.fakes.tokens import TokenAuthority
from tests.fakes.upstream import Upstream


class FaultyRegistry(Server):
    """Reverse proxy before the registry at `upstream` (http://host:port), honest until told otherwise.

    - `inject(fault, path, method=, times=, skip=, when=)` switches a fault on, `rules.clear()` all off.
    - `guard` decides who may pass (`Open()`, `BasicGuard`, `BearerGuard`); faults strike only who passed it.
    - `early` holds faults that strike before the guard (an outage, a page of Cloudflare's, a bad challenge).
    - `/token` is answered by `authority`; a `TokenServer` is the same on another host.
    - `cdn` is a second host; `redirect_blobs()` sends blobs there.
    """

    def __init__(self, upstream: str, *faults: Fault, guard: Guard | None = None, port: int = 0) -> None:
        super().__init__(port)
        self.upstream = Upstream(upstream)
        self.cdn = Cdn(self.upstream)
        self.authority = TokenAuthority(service="faulty-registry")
        self.guard: Guard = guard or Open()
        self.early = Rules()
        self.rules = Rules()
        self.inject = self.rules.inject
        for fault in faults:
            self.inject(fault)

    def start(self) -> FaultyRegistry:
        """Begin to answer, the CDN too."""
        self.cdn.start()
        super().start()
        return self

    def stop(self) -> None:
        """Stop both."""
        super().stop()
        self.cdn.stop()

    def require_token(self, **options: object) -> BearerGuard:
        """Demand Bearer tokens of `authority` from now on (`realm=`, `challenge=` as in `BearerGuard`)."""
        guard = BearerGuard(self.authority, **options)  # type: ignore[arg-type]
        self.guard = guard
        return guard

    def redirect_blobs(self, code: int = 307) -> None:
        """Serve blobs from the CDN from now on."""
        self.inject(redirect_to_cdn(self.cdn, code), BLOBS)

    def respond(self, request: Request) -> Answer:
        """Early faults, the guard, the other faults, the real registry."""
        return self.early.apply(request, self._guarded)

    def _guarded(self, request: Request) -> Answer:
        if request.path == "/token":
            return self.authority.answer(request)
        return self.guard.refuse(request) or self.rules.apply(request, self.upstream.forward)
