"""Other Image Depots that are asked for digests before the registry: honest, dead, slow and lying ones.

A real registry stands behind all of them; the peer and the upstream each count what they send.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.backends.local import BlobStore
from imagedepot.content.transfer.ingest import Ingest, key_of
from imagedepot.content.transfer.progress import PartProgress
from imagedepot.content.transfer.throttle import Throttle
from imagedepot.errors import DigestMismatch, UpstreamNotFound
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.access.login import Login
from imagedepot.model.digest import Digest
from imagedepot.model.image import ResolvedOci
from imagedepot.model.names.reference import Reference
from imagedepot.remote.oci.peers.patience import Patience
from imagedepot.remote.oci.peers.peers import Peers
from imagedepot.remote.oci.source import OciSource
from tests.fakes import delivery, statuses
from tests.fakes.log import Exchange
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS, MANIFESTS, Fault
from tests.ground.images import Pushed, push_image, push_index, random_layer
from tests.ground.processes import free_port
from tests.ground.waiting import wait_until
from tests.remote.clients import Clock, Kept, KnownLogins, client, read, resolve, source
from tests.remote.silent import Silent
from tests.service.kit import HASTY

NAME = "lab/app"
LAYERS = [random_layer(900_000, 31), random_layer(300_000, 32)]
PATIENT = Patience(head=30, body=30)
"""For peers that are to be waited for, on a machine that may be busy."""


@dataclass
class Lab:
    """`upstream` plays Docker Hub, `peer` another Image Depot; `clock` is that of how long peers are left alone."""

    folder: Path
    upstream: FaultyRegistry
    peer: FaultyRegistry
    image: Pushed
    clock: Clock

    def source(self, *bases: str, patience: Patience = PATIENT, logins: KnownLogins | None = None) -> OciSource:
        asking = client(self.upstream.url)
        named = bases or (self.peer.url,)
        asking.peers = Peers(named, asking.transport, logins or KnownLogins(), patience, self.clock)
        return source(asking, kept=Kept())

    def pull(self, of: OciSource, resolved: ResolvedOci | None = None) -> ResolvedOci:
        """Every blob through the one door for bytes; it is here whole afterwards."""
        resolved = resolved or resolve(of, NAME)
        blobs = BlobStore(self.folder)
        ingest = Ingest(blobs, DiskSpace(self.folder, 0, lambda: 1 << 40), Throttle(), HASTY)
        fetcher = of.fetcher(resolved)
        with blobs.lease() as lease:
            for blob in resolved.blobs:
                ingest.fetch(fetcher, blob, lease, PartProgress(key_of(blob), blob.size), Cancellation())
        for digest, content in zip(self.image.layers, LAYERS, strict=True):
            assert blobs.read(digest) == content
        return resolved


@pytest.fixture
def lab(tmp_path: Path, faulty_registry: FaultyRegistry) -> Iterator[Lab]:
    image = push_image(faulty_registry.upstream.url, NAME, "1", LAYERS)
    with FaultyRegistry(faulty_registry.upstream.url) as peer:
        yield Lab(tmp_path, faulty_registry, peer, image, Clock())


def sent(registry: FaultyRegistry) -> int:
    """Bytes of bodies that really went out."""
    return sum(each.sent for each in registry.requests if each.status in (200, 206))


def of_blobs(registry: FaultyRegistry) -> int:
    return sum(each.sent for each in registry.requests if "/blobs/" in each.path)


def begin(exchange: Exchange) -> int:
    """The first byte that was asked for."""
    return int((exchange.range or "bytes=0-").removeprefix("bytes=").removesuffix("-"))


def test_what_a_peer_has_comes_from_it_and_the_upstream_names_the_tag_alone(lab: Lab) -> None:
    lab.pull(lab.source())
    assert [(each.method, each.path) for each in lab.upstream.requests] == [("HEAD", f"/v2/{NAME}/manifests/1")]
    wait_until(lambda: sent(lab.peer) == lab.image.size + len(lab.image.raw))


def test_a_tag_is_never_asked_of_a_peer(lab: Lab) -> None:
    of = lab.source()
    push_index(lab.upstream.upstream.url, NAME, "all", ["linux/amd64", "linux/arm64"])
    resolve(of, NAME, "all")
    assert lab.peer.requests
    for each in lab.peer.requests:
        assert Digest.try_parse(each.path.rpartition("/")[2]) is not None, each
        assert (each.query, each.request.header("Cache-Control")) == ("ns=docker.io", "only-if-cached")


def test_an_interrupted_download_goes_on_at_its_byte_with_a_peer(lab: Lab) -> None:
    resolved = resolve(lab.source(), NAME)
    large = resolved.layers[0]
    with BlobStore(lab.folder).upload(large.digest.key, large.digest, Cancellation()) as partial:
        partial.write(memoryview(LAYERS[0][:500_000]))
    lab.pull(lab.source(), resolved)
    assert lab.peer.requests[-2].range == "bytes=500000-"
    assert not [each for each in lab.upstream.requests if "/blobs/" in each.path]


def test_a_peer_that_ignores_the_range_costs_none_of_what_is_here(lab: Lab) -> None:
    resolved = resolve(lab.source(), NAME)
    large = resolved.layers[0]
    with BlobStore(lab.folder).upload(large.digest.key, large.digest, Cancellation()) as partial:
        partial.write(memoryview(LAYERS[0][:500_000]))
    lab.peer.inject(delivery.ignored_range(), BLOBS)
    lab.pull(lab.source(), resolved)
    (rest,) = [each for each in lab.upstream.requests if each.range]
    assert begin(rest) == 500_000
    wait_until(lambda: rest.sent == len(LAYERS[0]) - 500_000)


@pytest.mark.parametrize("peer", ["refuses the connection", "accepts it and is silent"])
def test_a_dead_peer_is_asked_once_and_then_left_alone(lab: Lab, peer: str, caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()
    with Silent(gate) as silent:
        base = silent.url if peer == "accepts it and is silent" else f"http://127.0.0.1:{free_port()}"
        of = lab.source(base, patience=Patience())  # its real 200 ms: how often they are spent is what counts
        with caplog.at_level(logging.WARNING):
            lab.pull(of)
        (line,) = [each.getMessage() for each in caplog.records if "the peer" in each.getMessage()]
        assert "is left alone for 60 s" in line
        wait_until(lambda: sent(lab.upstream) == lab.image.size + len(lab.image.raw))


def test_a_peer_that_was_away_is_asked_again_after_a_while_and_each_time_later(lab: Lab) -> None:
    lab.peer.inject(statuses.status(503))
    of = lab.source()
    resolved = resolve(of, NAME)
    for seconds in (60, 120, 240):
        before = len(lab.peer.requests)
        for passed in (0.0, seconds - 1.0):
            lab.clock.seconds += passed
            of.fetcher(resolved).open(resolved.config, 0).close()
        assert len(lab.peer.requests) == before
        lab.clock.seconds += 1.5
        of.fetcher(resolved).open(resolved.config, 0).close()
        assert len(lab.peer.requests) > before
    lab.peer.rules.clear()
    lab.clock.seconds += 10_000
    assert read(of.fetcher(resolved).open(resolved.layers[1], 0)) == LAYERS[1]
    wait_until(lambda: sent(lab.peer) == len(LAYERS[1]))


@pytest.mark.parametrize("breaks", [delivery.drop_after(200_000), delivery.drop_after(200_000, reset=True)], ids=str)
def test_where_a_peer_breaks_off_the_upstream_goes_on_at_that_byte(lab: Lab, breaks: Fault) -> None:
    resolved = resolve(lab.source(), NAME)
    lab.peer.inject(breaks, f"*{lab.image.layers[0]}", times=1)
    lab.pull(lab.source(), resolved)
    (rest,) = [each for each in lab.upstream.requests if each.range]
    assert 0 < begin(rest) <= 200_000
    wait_until(lambda: rest.sent == len(LAYERS[0]) - begin(rest))


def test_where_a_peer_falls_silent_the_upstream_goes_on_at_that_byte(lab: Lab) -> None:
    resolved = resolve(lab.source(), NAME)
    gate = Gate()
    lab.peer.inject(delivery.hold(gate, at=200_000), f"*{lab.image.layers[0]}")
    lab.pull(lab.source(patience=Patience(head=30, body=0.5)), resolved)
    (rest,) = [each for each in lab.upstream.requests if each.range]
    wait_until(lambda: rest.sent == len(LAYERS[0]) - begin(rest) > 0)
    assert begin(rest) <= 200_000
    gate.open()


def test_a_peer_that_trickles_is_given_up_at_that_byte(lab: Lab) -> None:
    resolved = resolve(lab.source(), NAME)
    lab.peer.inject(delivery.slow(50_000), f"*{lab.image.layers[0]}")
    lab.pull(lab.source(patience=Patience(head=30, body=0.5, each_mib=0.1)), resolved)
    (rest,) = [each for each in lab.upstream.requests if each.range]
    wait_until(lambda: 0 < rest.sent == len(LAYERS[0]) - begin(rest))
    assert begin(rest) > 0


def test_a_lying_peer_costs_no_byte_of_the_upstream_and_is_left_alone(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    resolved = resolve(lab.source(), NAME)
    lab.peer.inject(delivery.flipped_byte(100), BLOBS)
    of = lab.source()
    with caplog.at_level(logging.WARNING):
        lab.pull(of, resolved)
    assert "sent wrong bytes for" in caplog.text
    wait_until(lambda: of_blobs(lab.upstream) == lab.image.size)
    asked = len(lab.peer.requests)
    lab.clock.seconds += 3000
    of.fetcher(resolved).open(resolved.config, 0).close()
    assert len(lab.peer.requests) == asked


def test_a_wrong_manifest_of_a_peer_is_not_taken(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    lab.peer.inject(delivery.flipped_byte(10), MANIFESTS)
    with caplog.at_level(logging.WARNING):
        resolved = resolve(lab.source(), NAME)
    assert resolved.root.digest == lab.image.digest
    assert "sent wrong bytes for" in caplog.text


@pytest.mark.parametrize(
    "wrong",
    [delivery.too_long(70_000), delivery.clean_short(100), delivery.chunked(), delivery.compressed()],
    ids=str,
)
def test_a_peer_that_sends_another_size_is_not_listened_to(lab: Lab, wrong: Fault) -> None:
    resolved = resolve(lab.source(), NAME)
    lab.peer.inject(wrong, BLOBS)
    lab.pull(lab.source(), resolved)
    wait_until(lambda: of_blobs(lab.upstream) == lab.image.size)


def test_what_the_upstream_sends_wrong_is_still_refused(lab: Lab) -> None:
    resolved = resolve(lab.source(), NAME)
    for each in (lab.peer, lab.upstream):
        each.inject(delivery.flipped_byte(1000), f"*{lab.image.layers[0]}")
    with pytest.raises(DigestMismatch):
        lab.pull(lab.source(), resolved)
    assert not BlobStore(lab.folder).has(lab.image.layers[0])


def test_of_several_peers_the_first_that_has_it_brings_it(lab: Lab) -> None:
    resolved = resolve(lab.source(), NAME)
    with FaultyRegistry(lab.upstream.upstream.url) as empty:
        empty.inject(statuses.status(404), "/v2/*")
        lab.pull(lab.source(empty.url, lab.peer.url), resolved)
        wait_until(lambda: sent(lab.peer) == lab.image.size + len(lab.image.raw))
        assert len([each for each in empty.requests if "/blobs/" in each.path]) == len(resolved.blobs)


def test_the_login_for_a_peer_goes_to_it_alone(lab: Lab) -> None:
    logins = KnownLogins({lab.peer.host: Login("ada", "an access token")})
    lab.pull(lab.source(logins=logins))
    assert {each.authorization for each in lab.peer.requests} == {Login("ada", "an access token").basic}
    assert {each.authorization for each in lab.upstream.requests} == {None}


def test_a_peer_that_refuses_us_is_said_once_and_asked_for_other_images(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    lab.peer.inject(statuses.status(401), BLOBS)
    with caplog.at_level(logging.WARNING):
        lab.pull(lab.source())
    refused = [each.getMessage() for each in caplog.records if "refuses us" in each.getMessage()]
    assert refused == [f"the peer {lab.peer.host} refuses us: is there a login for it here?"]
    assert len([each for each in lab.peer.requests if "/blobs/" in each.path]) == 3


def test_a_small_blob_comes_from_a_peer_unless_it_is_wrong(lab: Lab) -> None:
    asking = client(lab.upstream.url)
    asking.peers = Peers([lab.peer.url], asking.transport, KnownLogins(), PATIENT, lab.clock)
    reference = Reference.for_tag(NAME, str(lab.image.digest))
    for from_upstream in (0, 1):
        config = asking.small_blob(reference, lab.image.config, 1 << 20)
        assert Digest.of(config) == lab.image.config
        assert len(lab.upstream.requests) == from_upstream
        lab.peer.inject(delivery.flipped_byte(1), BLOBS)


def test_an_absent_blob_is_absent_with_peers_too(lab: Lab) -> None:
    of = lab.source()
    resolved = resolve(of, NAME)
    absent = replace(resolved.config, digest=Digest.of(b"nothing"), size=7)
    with pytest.raises(UpstreamNotFound):
        of.fetcher(resolved).open(absent, 0)
