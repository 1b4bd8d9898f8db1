"""A registry that an upstream named gets no further than the upstream may send us, also when it is asked once more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from imagedepot.errors import UpstreamNotFound
from imagedepot.model.names.reference import Reference
from imagedepot.remote.http.address import AddressSource, Zone
from imagedepot.remote.http.answers.answer import Answer as Received
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.oci.access.auth import Authenticator
from imagedepot.remote.oci.endpoint import Endpoints
from imagedepot.remote.oci.registry import RegistryClient
from imagedepot.remote.oci.tags import list_tags
from tests.fakes.message import Answer, Request
from tests.remote.clients import KnownLogins
from tests.remote.scripted import Scripted

THIS_HOST = AddressSource("http", Zone.LOOPBACK)
NOT_FOUND = Answer.text(404, "")


class Noting(Transport):
    """Notes each URL that is asked for, and who gave it."""

    def __init__(self) -> None:
        super().__init__(environment={})
        self.asked: list[tuple[str, AddressSource | None]] = []

    def request(self, method: str, url: str, headers: Mapping[str, str] | None = None, **how: Any) -> Received:  # type: ignore[override]
        self.asked.append((url, how.get("given_by")))
        return super().request(method, url, headers, **how)


@pytest.fixture
def other() -> Iterator[Scripted]:
    with Scripted(NOT_FOUND) as other:
        yield other


@pytest.fixture
def reference(other: Scripted) -> Iterator[Reference]:
    def to_other(request: Request) -> Answer:
        return Answer.of(307, headers=(("Location", f"{other.url}{request.path}"),))

    with Scripted(to_other) as first:
        yield Reference.parse(f"{first.host}/lab/app:1")


def test_its_challenge_is_asked_for_within_the_reach_of_who_named_it(reference: Reference, other: Scripted) -> None:
    way = Noting()
    endpoints = Endpoints(way.rules)
    asking = RegistryClient(way, Authenticator(way, KnownLogins()), endpoints)
    with pytest.raises(UpstreamNotFound):
        asking.manifest(reference)
    manifest = f"http://{reference.registry}/v2/lab/app/manifests/1"
    assert way.asked == [(manifest, None), (f"{other.url}/v2/", THIS_HOST)]
    assert len(endpoints.candidates(other.host)) == 2, "no user has written that host"


def test_its_next_page_is_asked_for_within_the_reach_of_who_named_it(reference: Reference, other: Scripted) -> None:
    way = Noting()
    endpoints = Endpoints(way.rules)
    link = ("Link", '</v2/lab/app/tags/list?last=a>; rel="next"')
    other._script = [Answer.json(200, {"tags": ["a"]}, headers=(link,)), Answer.json(200, {"tags": ["b"]})]
    listed = list_tags(RegistryClient(way, Authenticator(way, KnownLogins()), endpoints), reference)
    assert listed.tags == ["a", "b"]
    assert [given_by for _, given_by in way.asked] == [None, THIS_HOST]
    assert len(endpoints.candidates(other.host)) == 2, "no user has written that host"
