"""Each named fault of the fake Docker Hub can be seen where it says it can, and is gone when healed."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.fakes.fixtures import HasUrl
from tests.fakes.hub import FakeHub
from tests.fakes.hub_fault import Action, NamedFault
from tests.fakes.hub_faults import HUB_FAULTS
from tests.fakes.hub_limits import ApiLimit
from tests.fakes.manifests import OCI_MANIFEST
from tests.fakes.message import Request
from tests.ground.images import push_image, random_layer

SCOPE = "repository:library/faulty:pull"
_ENOUGH = 1_000_000
_VOLATILE = {"date", "content-length", "x-ratelimit-remaining", "x-ratelimit-reset"}
_GETS = {
    Action.SEARCH: (
        "/api/search/v4?query=nginx&size=25",
        "/v2/search/repositories/?query=nginx&page_size=100",
        "/v1/search?q=nginx",
    ),
    Action.OFFICIAL: ("/v2/namespaces/library/repositories?page_size=100&page=2",),
    Action.DETAILS: ("/v2/namespaces/library/repositories/faulty",),
    Action.TAGS: ("/v2/namespaces/library/repositories/faulty/tags?page_size=100",),
}


@pytest.fixture(scope="module")
def hub(docker_registry: HasUrl) -> Iterator[FakeHub]:
    with FakeHub(docker_registry.url) as hub:
        hub.api_limit = ApiLimit(10**9)
        for tag in ("1", "2", "3"):
            push_image(docker_registry.url, "library/faulty", tag, [random_layer(500)])
        yield hub


class Seen:
    """What one action met, with everything taken out that differs from time to time."""

    def __init__(self, hub: FakeHub, patience: float) -> None:
        self.hub, self.patience = hub, patience
        self.facts = list[str]()

    def get(self, url: str, method: str = "GET", **headers: str) -> dict[str, str]:
        """One request; what came in `patience` seconds, up to `_ENOUGH` bytes."""
        parts = urlsplit(url if "://" in url else self.hub.url + url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=self.patience)
        limit, body, end, found = time.monotonic() + self.patience, b"", "whole", dict[str, str]()
        try:
            connection.request(method, f"{parts.path}?{parts.query}", headers=headers)
            answer = connection.getresponse()
            found = {key.lower(): value for key, value in answer.getheaders()}
            self.facts.append(f"{answer.status} {answer.headers.get_all('WWW-Authenticate')}")
            while piece := answer.read1(65536):
                body += piece
                if time.monotonic() > limit or len(body) > _ENOUGH:
                    end = "unfinished"
                    break
            if answer.length:
                end = "short"
        except (OSError, http.client.HTTPException) as error:
            end = type(error).__name__
        finally:
            connection.close()
        kept = sorted((key, value) for key, value in found.items() if key not in _VOLATILE)
        text = self._steady(f"{body!r}")
        self.facts.append(self._steady(f"{kept} {end} {len(text)} {text[:100_000]}"))
        return found

    def _steady(self, text: str) -> str:
        text = text.replace(self.hub.host, "HUB").replace(self.hub.cdn.host, "CDN")
        text = re.sub(r"fake-(token|session)-\d+", "TOKEN", text)
        text = re.sub(time.strftime("%Y-%m-%d", time.gmtime()) + r"T[\d:]+Z", "NOW", text)
        return re.sub(r"/data\?[^']*", "/data?SIGNED", text)


def token(hub: FakeHub) -> str:
    """A good token, got past whatever is wrong with the endpoint."""
    hub.authority.answer(Request("GET", "/token", f"service=registry.docker.io&scope={SCOPE}", ()))
    return f"Bearer {hub.authority.issued[-1].text}"


def pull(hub: FakeHub, seen: Seen) -> None:
    base, good = "/v2/library/faulty", token(hub)
    layer = re.findall(rb"sha256:\w+", hub.upstream.get(f"{base}/manifests/1", OCI_MANIFEST).read())[-1].decode()
    seen.get(f"{base}/manifests/1")
    seen.get(f"/token?service=registry.docker.io&scope={SCOPE}")
    found = dict[str, str]()
    for method, path in (("HEAD", "manifests/1"), ("GET", "manifests/1"), ("GET", f"blobs/{layer}")):
        found = seen.get(f"{base}/{path}", method, Authorization=good, Accept=OCI_MANIFEST)
    if found.get("location", "").startswith(hub.cdn.url):
        seen.get(found["location"])
        seen.get(found["location"], Range="bytes=20-")


def look(hub: FakeHub, action: Action, patience: float = 10) -> list[str]:
    """Do it once, and tell what could be seen."""
    seen = Seen(hub, patience)
    match action:
        case Action.PULL:
            pull(hub, seen)
        case Action.LOGIN:
            seen.get("/v2/auth/token", "POST")
        case _:
            for path in _GETS[action]:
                seen.get(path)
                seen.get(path, Authorization="Bearer stale")
    if action is Action.TAGS:
        seen.get("/v2/library/faulty/tags/list", Authorization=token(hub))
    return seen.facts


@pytest.fixture(scope="module")
def honest(hub: FakeHub) -> dict[Action, list[str]]:
    """What can be seen when nothing is wrong."""
    return {action: look(hub, action) for action in Action}


def test_what_is_honest_is_the_same_each_time(hub: FakeHub, honest: dict[Action, list[str]]) -> None:
    hub.heal()
    assert {action: look(hub, action) for action in Action} == honest


@pytest.mark.parametrize("fault", HUB_FAULTS.values(), ids=str)
def test_a_fault_can_be_seen_where_it_says_and_is_healed(
    hub: FakeHub, honest: dict[Action, list[str]], fault: NamedFault
) -> None:
    assert fault.what
    for action in fault.actions:
        hub.heal()
        fault.switch_on(hub)
        differs = look(hub, action, 0.1 if fault.waits else 10) != honest[action]
        assert differs, f"{fault.name} cannot be seen by who wants to {action.value}"
    hub.heal()
    for action in fault.actions:
        assert look(hub, action) == honest[action]


def test_there_are_more_than_forty_in_every_part_together() -> None:
    assert len(HUB_FAULTS) > 40
    assert {action for fault in HUB_FAULTS.values() for action in fault.actions} == set(Action)
