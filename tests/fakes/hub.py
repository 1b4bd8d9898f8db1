"""Docker Hub on loopback: its four hosts on one address, its CDN on another, a real registry behind them.

By hand, for demonstrations: `python -m tests.fakes.hub --registry http://127.0.0.1:5000 --port 5080`.
"""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Iterable

from tests.fakes.cdn import Cdn
from tests.fakes.guard import BearerGuard, repository_of
from tests.fakes.hub_area import REGISTRY, Area, area_of
from tests.fakes.hub_data import HubRepository, usual_repositories
from tests.fakes.hub_limits import ApiLimit, PullLimit
from tests.fakes.hub_login import HubLogin
from tests.fakes.hub_logos import PREFIX, logo
from tests.fakes.hub_repositories import HubRepositories
from tests.fakes.hub_search import search_v1, search_v2, search_v4
from tests.fakes.hub_tags import HubTags
from tests.fakes.manifests import DOCKER_LIST, OCI_INDEX
from tests.fakes.message import Answer, Gate, Request
from tests.fakes.redirects import redirect_to_cdn
from tests.fakes.rules import Fault, Rule, Rules
from tests.fakes.server import Server
from tests.fakes.tokens import TokenAuthority
from tests.fakes.upstream import Upstream

_SEARCHES = {Area.SEARCH_V1: search_v1, Area.SEARCH_V2: search_v2, Area.SEARCH_V4: search_v4}


class FakeHub(Server):
    """Docker Hub; `url` is right for both IMAGEDEPOT_HUB_URL and IMAGEDEPOT_REGISTRY_URL.

    - `repositories` (key -> HubRepository) may be changed at any time (`add`); a private one is seen by its
      owner only. What the registry at `upstream` holds can be pulled, whether it is listed here or not.
    - `accounts` (user -> password) serve the token endpoint and the Hub login.
    - `pulls` and `api_limit` are the two rate limits, `authority` gives out registry tokens, `login` sessions.
    - `inject_into(fault, areas)` switches a fault on; before the registry, only for who passed the guard.
    - `cdn` serves the blobs; `cdn.leaks` lists requests that brought Authorization there.
    """

    def __init__(self, upstream: str, port: int = 0) -> None:
        super().__init__(port)
        self.upstream = Upstream(upstream)
        self.cdn = Cdn(self.upstream)
        self.repositories: dict[str, HubRepository] = usual_repositories()
        self.accounts: dict[str, str] = {}
        self.authority = TokenAuthority(accounts=self.accounts, may=self._may)
        self.guard = BearerGuard(self.authority)
        self.login = HubLogin(self.accounts)
        self.pulls = PullLimit()
        self.api_limit = ApiLimit()
        self.rules = Rules()
        self.gates: list[Gate] = []
        self._tags = HubTags(self.upstream)
        self._pages = HubRepositories(self.repositories, self._tags, self._may_see)
        self._to_cdn = redirect_to_cdn(self.cdn).change

    def start(self) -> FakeHub:
        """Begin to answer, the CDN too."""
        self.cdn.start()
        super().start()
        return self

    def stop(self) -> None:
        """Stop both."""
        super().stop()
        self.cdn.stop()

    def add(self, repository: HubRepository) -> None:
        """List one more repository, or another in place of one of the same key."""
        self.repositories[repository.key] = repository

    def inject_into(
        self, fault: Fault, areas: Iterable[Area], *, times: int | None = None, skip: int = 0, method: str | None = None
    ) -> Rule:
        """Switch a fault on for these areas (times and skip as in `Rules.inject`)."""
        struck = frozenset(areas)
        return self.rules.inject(
            fault, times=times, skip=skip, method=method, when=lambda request: area_of(request.path) in struck
        )

    def gate(self, maximum: float = 60.0) -> Gate:
        """A gate that `heal` opens."""
        self.gates.append(Gate(maximum))
        return self.gates[-1]

    def heal(self) -> None:
        """Switch every fault off, open every gate, nobody has pulled anything: the Hub is as it should be."""
        self.rules.clear()
        self.cdn.rules.clear()
        self.cdn.single_use = False
        self.guard = BearerGuard(self.authority)
        self.authority.shape = TokenAuthority().shape
        self.authority.denies = False
        self.pulls = PullLimit()
        for gate in self.gates:
            gate.open()

    def respond(self, request: Request) -> Answer:
        """Find the role; faults strike the registry only behind its guard."""
        area = area_of(request.path)
        if area not in REGISTRY:
            return self.rules.apply(request, lambda struck: self._hub(struck, area))
        return self.guard.refuse(request) or self.rules.apply(request, lambda struck: self._registry(struck, area))

    def _hub(self, request: Request, area: Area) -> Answer:
        if area is Area.TOKEN:
            return self.authority.answer(request)
        if request.path.startswith("/v1/repositories/"):
            return Answer.text(410, "Gone")
        if request.path.startswith(PREFIX):
            return logo(request)
        if area is Area.OTHER:
            return Answer.text(404, "404 page not found\n")
        headers, refusal = self.api_limit.take()
        return (refusal or self._api(request, area)).with_headers(*headers)

    def _api(self, request: Request, area: Area) -> Answer:
        if area is Area.LOGIN:
            return self.login.answer(request)
        if refusal := self.login.refuse(request):
            return refusal
        if search := _SEARCHES.get(area):
            return search(request, list(self.repositories.values()))
        return self._pages.answer(request)

    def _registry(self, request: Request, area: Area) -> Answer:
        if area is Area.MANIFEST:
            return self._manifest(request)
        answer = self.upstream.forward(request)
        return self._to_cdn(request, answer) if area is Area.BLOB and self._to_cdn else answer

    def _manifest(self, request: Request) -> Answer:
        """HEAD is free, so is an index: one pull is one image manifest (upstreams.md 1.3)."""
        token = self.authority.find(request)
        user = token.user if token else None
        if request.method == "GET" and self.pulls.left(user) == 0:
            return self.pulls.refusal(user)
        answer = self.upstream.forward(request)
        index = answer.header("Content-Type") in (OCI_INDEX, DOCKER_LIST)
        if request.method == "GET" and answer.status == 200 and not index:
            self.pulls.count(user)
        return answer.with_headers(*self.pulls.headers(user))

    def _may(self, user: str | None, repository: str, action: str) -> bool:
        if action != "pull":
            return False
        if listed := self.repositories.get(repository):
            return not listed.private or (user is not None and user == listed.owner)
        return repository_of(f"/v2/{repository}/tags/list") is not None and self._tags.names(repository) is not None

    def _may_see(self, request: Request, repository: HubRepository) -> bool:
        return not repository.private or self.login.user(request) == repository.owner


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Docker Hub on loopback")
    parser.add_argument("--registry", required=True, help="the real registry behind it, http://host:port")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    options = parser.parse_args()
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: over.set())
    with FakeHub(options.registry, options.port) as hub:
        print(hub.url, flush=True)
        over.wait()


if __name__ == "__main__":
    main()
