"""From a reference down to pinned files: what is asked, what is chosen, what is refused."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.errors import (
    Cancelled,
    DepotError,
    DigestMismatch,
    InvalidAnswer,
    NoSuchPlatform,
    NotAnImage,
    UpstreamError,
)
from imagedepot.model.content.manifest import OCI_INDEX
from imagedepot.model.digest import Digest
from imagedepot.model.names.reference import Reference
from imagedepot.model.platform import Platform
from imagedepot.remote.oci.source import OciSource
from tests.fakes import delivery, manifests, statuses
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS, MANIFESTS
from tests.ground.images import push_bare_index, push_image, push_index, random_layer
from tests.remote.clients import Kept, client, fetch_all, read, request, resolve, source

PLATFORMS = ["linux/amd64", "linux/arm64/v8", "linux/arm/v7", "windows/amd64"]


@pytest.fixture
def name(faulty_registry: FaultyRegistry) -> str:
    push_index(faulty_registry.upstream.url, "lab/many", "1", PLATFORMS, attestations=True)
    push_image(faulty_registry.upstream.url, "lab/one", "1", [random_layer(500)])
    return f"{faulty_registry.host}/lab/many"


def single(faulty_registry: FaultyRegistry) -> str:
    return f"{faulty_registry.host}/lab/one"


def test_a_tag_is_one_head_and_one_get_for_each_manifest(faulty_registry: FaultyRegistry, name: str) -> None:
    resolved = resolve(source(client()), name)
    asked = [(each.method, each.path.rpartition("/")[2]) for each in faulty_registry.requests.matching(MANIFESTS)]
    assert asked == [("HEAD", "1"), ("GET", str(resolved.root.digest)), ("GET", str(resolved.manifest.digest))]


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("linux/amd64", "linux/amd64"),
        ("linux/arm64", "linux/arm64/v8"),
        ("linux/arm/v7", "linux/arm/v7"),
        ("linux/amd64/v3", "linux/amd64"),
        ("", "linux/amd64"),
    ],
)
def test_the_entry_for_the_platform_is_chosen(name: str, wanted: str, chosen: str) -> None:
    resolved = resolve(source(client()), name, platform=wanted)
    assert resolved.platform == Platform.parse(chosen)
    assert set(fetch_all(source(client()), resolved)) == {blob.digest for blob in resolved.blobs}


def test_another_platform_is_never_taken_silently(name: str) -> None:
    with pytest.raises(NoSuchPlatform, match=r"not available for linux/s390x \(only .*linux/arm64"):
        resolve(source(client()), name, platform="linux/s390x")


def test_attestations_are_no_platforms(name: str) -> None:
    offered = source(client()).platforms(Reference.for_tag(name, "1"))
    assert sorted(map(str, offered)) == sorted(str(Platform.parse(each)) for each in PLATFORMS)


def test_what_is_here_is_not_fetched_again(faulty_registry: FaultyRegistry, name: str) -> None:
    kept = Kept()
    first = resolve(source(client(), kept=kept), name)
    assert set(kept) == {first.root.digest, first.manifest.digest}
    faulty_registry.requests.clear()
    assert resolve(source(client(), kept=kept), name) == first
    assert [each.method for each in faulty_registry.requests] == ["HEAD"]


def test_by_digest_nothing_needs_to_be_asked_first(faulty_registry: FaultyRegistry, name: str) -> None:
    digest = str(resolve(source(client()), name).root.digest)
    faulty_registry.requests.clear()
    assert str(resolve(source(client()), name, digest).root.digest) == digest
    assert faulty_registry.requests.count(MANIFESTS, "HEAD") == 0


def test_a_tag_that_moves_between_two_questions_harms_nobody(faulty_registry: FaultyRegistry) -> None:
    url, layers = faulty_registry.upstream.url, [random_layer(500)]
    before = push_image(url, "lab/moving", "1", layers)
    of, wanted = source(client()), request(f"{faulty_registry.host}/lab/moving")
    known = of.current(wanted, Cancellation())
    push_image(url, "lab/moving", "1", [random_layer(501)])
    assert of.resolve(wanted, known).root.digest == before.digest


def test_a_registry_that_does_not_know_its_own_word_is_not_believed(faulty_registry: FaultyRegistry, name: str) -> None:
    faulty_registry.inject(statuses.wrong_digest(), MANIFESTS, method="HEAD")
    with pytest.raises(DigestMismatch):
        resolve(source(client()), single(faulty_registry))


@pytest.mark.parametrize("served", manifests.NOT_FOR_US.values(), ids=manifests.NOT_FOR_US)
def test_what_is_no_image_for_us_is_refused_before_any_blob(
    faulty_registry: FaultyRegistry, name: str, served: manifests.Served
) -> None:
    faulty_registry.inject(manifests.manifest_instead(served), MANIFESTS)
    with pytest.raises((NoSuchPlatform, NotAnImage), match="lab/one:1"):
        resolve(source(client()), single(faulty_registry))
    assert faulty_registry.requests.count(BLOBS) == 0


@pytest.mark.parametrize("served", manifests.NOT_MANIFESTS.values(), ids=manifests.NOT_MANIFESTS)
def test_what_is_no_manifest_is_said_in_one_sentence(
    faulty_registry: FaultyRegistry, name: str, served: manifests.Served
) -> None:
    faulty_registry.inject(manifests.manifest_instead(served), MANIFESTS)
    with pytest.raises((UpstreamError, NotAnImage)) as caught:
        fetch_all(source(client()), resolve(source(client()), single(faulty_registry)))
    assert str(caught.value).isprintable()


def test_indexes_within_indexes_have_an_end(faulty_registry: FaultyRegistry, name: str) -> None:
    faulty_registry.inject(manifests.nested_indexes(10), MANIFESTS)
    with pytest.raises((InvalidAnswer, DepotError), match="lab/one"):
        resolve(source(client()), single(faulty_registry))


def _tree(width: int, depth: int, padding: int) -> dict[Digest, bytes]:
    """Indexes within indexes that name no platform; the root is the last."""
    found: dict[Digest, bytes] = {}

    def index(level: int, at: int) -> Digest:
        below = [index(level + 1, at * width + child) for child in range(width)] if level < depth else []
        rows = [{"mediaType": OCI_INDEX, "digest": str(each), "size": len(found[each])} for each in below]
        body = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": rows, "annotations": {"at": f"{level}.{at}"}}
        raw = json.dumps(body).encode() + (b" " * padding if level else b"")
        found[Digest.of(raw)] = raw
        return Digest.of(raw)

    index(0, 0)
    return found


@pytest.mark.parametrize(
    ("width", "depth", "padding", "most"),
    [(220, 1, 0, 101), (20, 2, 0, 101), (40, 1, 3 << 20, 12)],
    ids=["many", "a tree", "large"],
)
def test_indexes_that_an_index_leads_to_have_a_limit(width: int, depth: int, padding: int, most: int) -> None:
    tree = _tree(width, depth, padding)
    root = list(tree)[-1]
    kept = Kept()
    asked: list[Digest] = []

    def here(digest: Digest) -> bytes | None:
        asked.append(digest)
        return tree.get(digest)

    of = OciSource(client(), kept, here, lambda: Platform.parse("linux/amd64"))
    with pytest.raises(InvalidAnswer, match=r"lab/app.*more than 100 further indexes and manifests"):
        of.resolve(request("lab/app", str(root)), None)
    assert len(asked) <= most + 1
    assert sum(map(len, kept.values())) <= (32 << 20) + len(tree[root])


def test_a_resolved_image_is_pure_data_and_fetched_by_a_new_client(name: str) -> None:
    resolved = resolve(source(client()), name)
    contents = fetch_all(source(client()), resolved)
    assert all(Digest.of(content) == digest for digest, content in contents.items())


def test_a_blob_that_comes_compressed_is_not_asked_for_in_parts_again(faulty_registry: FaultyRegistry) -> None:
    layer = random_layer(500)
    push_image(faulty_registry.upstream.url, "lab/one", "1", [layer])
    of = source(client())
    resolved = resolve(of, single(faulty_registry))
    faulty_registry.inject(delivery.compressed(), BLOBS)
    fetcher = of.fetcher(resolved)
    for offset in (0, 100):
        stream = fetcher.open(resolved.layers[0], offset)
        assert (stream.start, read(stream)) == (0, layer)
    assert [each.range for each in faulty_registry.requests.matching(BLOBS)] == [None, None]


@pytest.mark.parametrize("named", [{}, {"platform": {"os": "linux"}}], ids=["nothing", "system"])
@pytest.mark.parametrize("wanted", ["linux/amd64", "linux/arm64"])
def test_an_index_that_names_no_platforms_is_looked_into(
    faulty_registry: FaultyRegistry, wanted: str, named: dict[str, Any]
) -> None:
    url, name = faulty_registry.upstream.url, f"{faulty_registry.host}/lab/bare"
    push_bare_index(url, "lab/bare", "1", ["linux/arm64", "linux/amd64"], named)
    resolved = resolve(source(client()), name, platform=wanted)
    assert resolved.platform == Platform.parse(wanted)
    assert set(fetch_all(source(client()), resolved)) == {blob.digest for blob in resolved.blobs}
    with pytest.raises(NoSuchPlatform, match=r"not available for linux/s390x \(only linux/amd64, linux/arm64\)$"):
        resolve(source(client()), name, platform="linux/s390x")
    offered = source(client()).platforms(Reference.for_tag(name, "1"))
    assert list(map(str, offered)) == ["linux/amd64", "linux/arm64"]


def test_a_bill_of_materials_beside_an_image_is_passed_over(faulty_registry: FaultyRegistry) -> None:
    url, name = faulty_registry.upstream.url, f"{faulty_registry.host}/lab/bare"
    push_bare_index(url, "lab/bare", "1", ["linux/amd64"], artifact="application/spdx+json")
    assert resolve(source(client()), name).config.size > 2


def test_looking_into_a_config_can_be_cancelled(faulty_registry: FaultyRegistry) -> None:
    push_bare_index(faulty_registry.upstream.url, "lab/bare", "1", ["linux/arm64", "linux/amd64"])
    gate, cancellation = Gate(), Cancellation()
    faulty_registry.inject(delivery.hold(gate, 5), BLOBS)

    def cancel() -> None:
        gate.wait_reached()
        cancellation.cancel()

    threading.Thread(target=cancel).start()
    with pytest.raises(Cancelled):
        source(client()).platforms(Reference.parse(f"{faulty_registry.host}/lab/bare:1"), cancellation)
    gate.open()
