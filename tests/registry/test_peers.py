"""Image Depots that name each other: digests come from the one that has them, within what its access rules allow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from imagedepot.model.access.role import Role
from imagedepot.model.access.scope import Scope
from imagedepot.model.digest import Digest
from imagedepot.remote.oci.peers.patience import Patience
from tests.api.conftest import PASSWORD
from tests.api.face import Face
from tests.api.listening import listening
from tests.fakes import delivery
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.ground.images import Pushed, push_image, push_index, random_layer
from tests.registry.asking import Answer, ask
from tests.registry.test_push_access import basic

NAME, PRIVATE = "lab/shared", "lab/private"
LAYERS = [random_layer(700_000, 61), random_layer(200_000, 62)]
PATIENT = Patience(head=30, body=30)
ONLY_HERE = {"Cache_Control": "only-if-cached"}


@dataclass
class Node:
    """A service, the registry that it takes for Docker Hub, and its address."""

    face: Face
    upstream: FaultyRegistry
    url: str

    def name(self, *others: Node) -> None:
        """From now on it asks the others; they are waited for, since this machine may be busy."""
        peers = self.face.services.upstreams.peers
        peers.patience = PATIENT
        changed = self.face.call("PUT", "/settings/IMAGEDEPOT_PEERS", {"value": ",".join(each.url for each in others)})
        assert changed.status == 200, changed.content

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        return ask(self.face, path, method, None, **headers)

    def pull(self, image: Pushed, tag: str = "1", name: str = NAME, **headers: str) -> None:
        """Everything of it, as a client does."""
        assert self.ask(f"{name}/manifests/{tag}", **headers).content == image.raw
        for blob in (image.config, *image.layers):
            answer = self.ask(f"{name}/blobs/{blob}", **headers)
            assert answer.status == 200
            assert Digest.of(answer.content) == blob

    @property
    def asked(self) -> list[str]:
        """What its upstream was asked for."""
        return [f"{each.method} {each.path}" for each in self.upstream.requests]


@pytest.fixture
def nodes(tmp_path: Path, faulty_registry: FaultyRegistry) -> Iterator[list[Node]]:
    """Two, before one registry; neither names the other yet."""
    with ExitStack() as stack:
        made = []
        for number in range(2):
            registry = stack.enter_context(FaultyRegistry(faulty_registry.upstream.url))
            settings = {"registry_url": registry.url, "hub_url": "http://127.0.0.1:9", "anonymous_pull": "yes"}
            face = stack.enter_context(Face(tmp_path / str(number), **settings))
            port = stack.enter_context(listening(face))
            made.append(Node(face, registry, f"http://127.0.0.1:{port}"))
        yield made


@pytest.fixture
def image(faulty_registry: FaultyRegistry) -> Pushed:
    return push_image(faulty_registry.upstream.url, NAME, "1", LAYERS)


def test_what_another_node_has_is_pulled_through_without_a_byte_of_the_upstream(
    nodes: list[Node], image: Pushed
) -> None:
    first, second = nodes
    first.pull(image)
    second.name(first)
    second.pull(image)
    assert second.asked == [f"GET /v2/{NAME}/manifests/1"]
    state = second.face.get("/mirror")
    assert (state["from_upstream"], state["from_peers"]) == (len(image.raw), image.size)


@pytest.mark.parametrize("way", ["installed", "cached"])
def test_downloads_take_it_from_a_node_that_has_it(nodes: list[Node], image: Pushed, way: str) -> None:
    first, second = nodes
    if way == "installed":
        assert first.face.download(f"dockerhub/docker/{NAME}/1")["status"] == "done"
    else:
        first.pull(image)
    second.name(first)
    assert second.face.download(f"dockerhub/docker/{NAME}/1")["status"] == "done"
    assert {each.partition(" ")[0] for each in second.asked} == {"HEAD"}


def test_children_of_an_index_come_from_a_node_and_its_tag_from_the_upstream(
    nodes: list[Node], faulty_registry: FaultyRegistry
) -> None:
    first, second = nodes
    pushed = push_index(faulty_registry.upstream.url, NAME, "all", ["linux/amd64", "linux/arm64"])
    assert first.face.download(f"dockerhub/docker/{NAME}/all", {"platform": "linux/arm64"})["status"] == "done"
    second.name(first)
    assert second.face.download(f"dockerhub/docker/{NAME}/all", {"platform": "linux/arm64"})["status"] == "done"
    assert second.asked == [f"HEAD /v2/{NAME}/manifests/all"]
    assert second.ask(f"{NAME}/manifests/all").content == pushed.raw


def test_nodes_that_name_each_other_ask_once_and_not_in_circles(nodes: list[Node], image: Pushed) -> None:
    for each in nodes:
        each.name(*nodes)  # itself, too
    nodes[0].pull(image)
    blobs = [f"GET /v2/{NAME}/blobs/{blob}" for blob in (image.config, *image.layers)]
    assert sorted(each for each in nodes[0].asked if "/blobs/" in each) == sorted(blobs)
    assert nodes[1].asked == []


def test_a_node_that_is_asked_for_what_is_here_asks_nobody(nodes: list[Node], image: Pushed) -> None:
    first, second = nodes
    second.pull(image)
    first.name(second)
    second.name(first)
    layer = image.layers[0]
    for path in (f"manifests/{image.digest}", f"blobs/{layer}", "manifests/1"):
        for method in ("GET", "HEAD"):
            answer = first.ask(f"{NAME}/{path}?ns=docker.io", method, **ONLY_HERE)
            assert answer.status == 404, path
    assert first.asked == []
    asked = len(second.asked)
    assert second.ask(f"{NAME}/manifests/1", **ONLY_HERE).content == image.raw
    assert second.ask(f"{NAME}/blobs/{layer}", **ONLY_HERE).content == LAYERS[0]
    assert len(second.asked) == asked


def test_what_is_still_on_its_way_is_not_here(nodes: list[Node], image: Pushed) -> None:
    """Two nodes that fetch one blob of each other would wait for ever."""
    first, second = nodes
    gate = Gate()
    first.upstream.inject(delivery.hold(gate, at=300_000), f"*{image.layers[0]}")
    assert first.ask(f"{NAME}/manifests/1").status == 200
    with first.face.opened("GET", f"/v2/{NAME}/blobs/{image.layers[0]}", base="") as growing:
        assert growing.status == 200
        assert first.ask(f"{NAME}/blobs/{image.layers[0]}", **ONLY_HERE).status == 404
        second.name(first)
        second.pull(image)
        gate.open()


def test_figures_of_upstreams_name_the_peer(nodes: list[Node], image: Pushed) -> None:
    first, second = nodes
    first.pull(image)
    second.name(first)
    second.pull(image)
    host = first.url.removeprefix("http://")
    lines = second.face.call("GET", "/metrics", base="").content.decode().splitlines()
    received = [each for each in lines if each.startswith("imagedepot_upstream_received_bytes_total")]
    (named,) = [each for each in received if f'upstream="{host}"' in each]
    assert float(named.rpartition(" ")[2]) == image.size


def test_a_peer_gives_what_the_login_for_it_reaches_and_no_more(
    nodes: list[Node], faulty_registry: FaultyRegistry
) -> None:
    first, second = nodes
    shared = push_image(faulty_registry.upstream.url, NAME, "1", LAYERS)
    private = push_image(faulty_registry.upstream.url, PRIVATE, "1", [random_layer(40_000, 63)])
    access = first.face.services.access
    access.add("ada", PASSWORD, Role.ADMIN)
    for name, image in ((NAME, shared), (PRIVATE, private)):
        first.pull(image, name=name, Authorization=basic("ada"))
    host = first.url.removeprefix("http://")
    _, secret = access.add_token(access.owner(), "second", [Scope.PULL], [f"docker.io/{NAME}"], None, "ada")
    second.name(first)
    second.face.services.upstreams.logins.log_in(host, "ada", secret)
    second.pull(shared)
    assert not [each for each in second.asked if "/blobs/" in each]
    second.pull(private, name=PRIVATE)
    assert len([each for each in second.asked if "/blobs/" in each]) == 2


def test_strangers_get_nothing_of_a_repository_that_needs_a_login_by_way_of_a_peer(
    nodes: list[Node], faulty_registry: FaultyRegistry
) -> None:
    """Neither from the one that has it, which asks no upstream for them, nor from the one that is given it."""
    first, second = nodes
    private = push_image(faulty_registry.upstream.url, PRIVATE, "1", LAYERS)
    for node in (first, second):
        node.upstream.authority.accounts = {"bob": "builder"}
        node.upstream.authority.may = lambda user, repository, action: action == "pull" and user == "bob"
        node.upstream.require_token(realm=f"{node.upstream.url}/token")
        logins = node.face.services.upstreams.logins
    first.face.services.access.add("ada", PASSWORD, Role.ADMIN)
    second.face.services.access.add("ada", PASSWORD, Role.ADMIN)
    logins.log_in(first.upstream.host, "bob", "builder")
    logins.log_in(second.upstream.host, "bob", "builder")
    logins.log_in(first.url.removeprefix("http://"), "ada", PASSWORD)
    by_ada = {"Authorization": basic("ada")}
    first.pull(private, name=PRIVATE, **by_ada)
    asked = len(first.asked)
    for path in (f"manifests/{private.digest}", f"blobs/{private.layers[0]}"):
        assert first.ask(f"{PRIVATE}/{path}", **ONLY_HERE).status == 401
    assert len(first.asked) == asked
    second.face.log_in("ada", PASSWORD)
    second.name(first)
    second.face.cookie = ""
    second.pull(private, name=PRIVATE, **by_ada)
    assert not [each for each in second.asked if "GET" in each and "/blobs/" in each]
    for path in ("manifests/1", f"manifests/{private.digest}", f"blobs/{private.layers[0]}"):
        assert second.ask(f"{PRIVATE}/{path}").status == 401


def test_a_repository_that_was_open_is_asked_about_again_when_a_peer_sends_more_of_it(
    nodes: list[Node], faulty_registry: FaultyRegistry
) -> None:
    first, second = nodes
    old = push_image(faulty_registry.upstream.url, NAME, "1", LAYERS)
    new = push_image(faulty_registry.upstream.url, NAME, "2", [random_layer(900, 64)])
    first.pull(new, "2")
    second.face.services.access.add("ada", PASSWORD, Role.ADMIN)
    assert second.ask(f"{NAME}/manifests/1").content == old.raw
    second.face.log_in("ada", PASSWORD)
    second.name(first)
    second.face.cookie = ""
    second.upstream.authority.may = lambda *_: False
    second.upstream.require_token(realm=f"{second.upstream.url}/token")
    assert second.ask(f"{NAME}/manifests/{new.digest}").status == 401
    assert second.ask(f"{NAME}/manifests/{new.digest}", Authorization=basic("ada")).status == 200


@pytest.mark.parametrize("text", ["https://nas.lan/v2", "ftp://nas.lan", "https://ada:secret@nas.lan", "https://"])
def test_what_is_no_address_of_a_peer_is_refused(nodes: list[Node], text: str) -> None:
    assert nodes[0].face.call("PUT", "/settings/IMAGEDEPOT_PEERS", {"value": text}).status == 400
