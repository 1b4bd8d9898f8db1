"""The client of registries against a real one that misbehaves when told to."""

from __future__ import annotations

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.errors import (
    ConnectionBroken,
    DepotError,
    DigestMismatch,
    InvalidAnswer,
    RateLimited,
    TimedOut,
    Unavailable,
    UpstreamDenied,
    UpstreamNotFound,
)
from imagedepot.model.digest import Digest
from imagedepot.model.limits import Limits
from imagedepot.model.names.reference import Reference
from imagedepot.remote.oci.access.auth import Authenticator
from imagedepot.remote.oci.endpoint import Endpoints
from imagedepot.remote.oci.limits import LimitWatch
from imagedepot.remote.oci.registry import RegistryClient
from tests.fakes import delivery, statuses
from tests.fakes.hub import FakeHub
from tests.fakes.message import Answer, Gate
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS, MANIFESTS, Fault
from tests.ground.images import Pushed, push_image, random_layer
from tests.remote.clients import NOON, Kept, KnownLogins, client, read, request, source, transport
from tests.remote.scripted import Scripted
from tests.remote.silent import Trickling

SIZE = 40_000


@pytest.fixture
def pushed(faulty_registry: FaultyRegistry) -> Pushed:
    return push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(SIZE)])


@pytest.fixture
def reference(faulty_registry: FaultyRegistry, pushed: Pushed) -> Reference:
    return Reference.parse(f"{faulty_registry.host}/lab/app:1")


def test_head_costs_one_request_and_no_body(
    faulty_registry: FaultyRegistry, pushed: Pushed, reference: Reference
) -> None:
    assert client().head(reference) == pushed.digest
    assert [(each.method, each.sent) for each in faulty_registry.requests] == [("HEAD", 0)]


def test_every_media_type_is_asked_for(faulty_registry: FaultyRegistry, reference: Reference) -> None:
    client().manifest(reference)
    accept = faulty_registry.requests[0].request.header("Accept") or ""
    assert accept.count("application/vnd.") == 4


@pytest.mark.parametrize(
    "fault",
    [
        statuses.head_refused(),
        statuses.without_digest(),
        statuses.wrong_digest("sha256:../../x"),
        statuses.status(400),
        statuses.status(403),
        statuses.status(404),
        statuses.status(501),
        delivery.no_answer(),
    ],
    ids=str,
)
@pytest.mark.parametrize("is_check", [False, True])
def test_where_the_head_fails_a_get_decides(
    faulty_registry: FaultyRegistry, pushed: Pushed, reference: Reference, fault: Fault, is_check: bool
) -> None:
    faulty_registry.inject(fault, MANIFESTS, method="HEAD")
    asking, kept = client(), Kept()
    assert source(asking, kept=kept).current(request(reference.familiar_name), is_check=is_check) == pushed.digest
    assert faulty_registry.requests.count(MANIFESTS, "GET") == 1
    assert kept == {pushed.digest: pushed.raw}, "it is not asked for twice"


@pytest.mark.parametrize("fault", [statuses.too_many_requests(), statuses.hap429()], ids=str)
def test_a_head_that_is_counted_out_is_not_followed_by_a_get(
    faulty_registry: FaultyRegistry, reference: Reference, fault: Fault
) -> None:
    faulty_registry.inject(fault, MANIFESTS, method="HEAD")
    with pytest.raises(RateLimited):
        source(client()).current(request(reference.familiar_name))
    assert faulty_registry.requests.count(MANIFESTS, "GET") == 0


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (statuses.status(404), UpstreamNotFound, "counted:1 does not exist on Docker Hub"),
        (statuses.without_digest(), InvalidAnswer, "Docker Hub does not say which digest counted:1 has"),
        (statuses.status(405), InvalidAnswer, "Docker Hub answered 405 for counted:1"),
    ],
    ids=str,
)
def test_a_check_never_costs_a_pull_at_docker_hub_and_a_download_may(
    fake_hub: FakeHub, fault: Fault, kind: type[DepotError], words: str
) -> None:
    pushed = push_image(fake_hub.upstream.url, "library/counted", "1", [random_layer(300)])
    fake_hub.rules.inject(fault, MANIFESTS, method="HEAD")
    of = source(client(fake_hub.url))
    with pytest.raises(kind, match=words):
        of.current(request("counted"), is_check=True)
    assert fake_hub.requests.count(MANIFESTS, "GET") == 0
    assert of.current(request("counted")) == pushed.digest
    assert fake_hub.requests.count(MANIFESTS, "GET") == 1


def test_a_manifest_is_its_bytes(faulty_registry: FaultyRegistry, pushed: Pushed, reference: Reference) -> None:
    faulty_registry.inject(statuses.without_digest(), MANIFESTS)
    raw = client().manifest(reference)
    assert (raw.raw, raw.digest, raw.content_type) == (pushed.raw, pushed.digest, pushed.media_type)


def test_a_manifest_that_is_not_what_its_digest_says_is_refused(
    faulty_registry: FaultyRegistry, pushed: Pushed, reference: Reference
) -> None:
    faulty_registry.inject(statuses.wrong_digest(), MANIFESTS)
    with pytest.raises(DigestMismatch, match="lab/app"):
        client().manifest(reference)
    faulty_registry.rules.clear()
    faulty_registry.inject(delivery.flipped_byte(5), MANIFESTS)
    with pytest.raises(DigestMismatch):
        client().manifest(reference.with_digest(pushed.digest))


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (statuses.registry_error(404, "MANIFEST_UNKNOWN", "x"), UpstreamNotFound, "lab/app:1 does not exist on"),
        (statuses.denied(), UpstreamDenied, r"does not allow .*lab/app:1 \(requested access"),
        (statuses.cloudflare(), UpstreamDenied, "a web page"),
        (statuses.html_page(), InvalidAnswer, "web page"),
        (statuses.hap429(), RateLimited, "does not say until when"),
        (statuses.too_many_requests("7500"), RateLimited, "until 14:05 UTC"),
        (statuses.ghcr_micro_retry(), RateLimited, "until 12:00:01 UTC"),
        (statuses.status(500, "oh\x1b[31m no?token=secret"), Unavailable, "answered 500"),
        (statuses.status(418), InvalidAnswer, "answered 418"),
    ],
    ids=str,
)
def test_a_refusal_is_one_sentence_with_its_reason(
    faulty_registry: FaultyRegistry, reference: Reference, fault: Fault, kind: type[DepotError], words: str
) -> None:
    faulty_registry.inject(fault, MANIFESTS)
    with pytest.raises(kind, match=words) as caught:
        client().manifest(reference)
    assert str(caught.value).isprintable()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b"\x1f\x8b\x08\x00\xff\xfe\x00binary",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"\xff\xd8\xff\xe0",
        b"PK\x03\x04abc",
        b"a\x00b",
    ],
    ids=["gzip", "png", "jpeg", "zip", "NUL"],
)
@pytest.mark.parametrize("code", [403, 418, 500])
def test_bytes_that_are_not_text_are_not_repeated_as_a_reason(
    faulty_registry: FaultyRegistry, reference: Reference, body: bytes, code: int
) -> None:
    faulty_registry.inject(statuses.body(body, "application/octet-stream", code), MANIFESTS)
    with pytest.raises(DepotError) as caught:
        client().manifest(reference)
    assert str(caught.value).isascii()
    assert not str(caught.value).endswith(")")


def test_a_blob_comes_from_where_it_is_asked(
    faulty_registry: FaultyRegistry, pushed: Pushed, reference: Reference
) -> None:
    layer = random_layer(SIZE)
    stream = client().blob(reference, pushed.layers[0], 1000)
    assert (stream.start, stream.total) == (1000, len(layer))
    assert read(stream) == layer[1000:]
    whole = client().blob(reference, pushed.layers[0], 0)
    assert (whole.start, read(whole)) == (0, layer)


def test_a_blob_that_is_here_whole_has_nothing_more(pushed: Pushed, reference: Reference) -> None:
    assert read(client().blob(reference, pushed.layers[0], len(random_layer(SIZE)))) == b""


def test_an_ignored_range_starts_at_nought(
    faulty_registry: FaultyRegistry, pushed: Pushed, reference: Reference
) -> None:
    faulty_registry.inject(delivery.ignored_range(), BLOBS)
    stream = client().blob(reference, pushed.layers[0], 1000)
    assert (stream.start, read(stream)) == (0, random_layer(SIZE))


@pytest.mark.parametrize(
    "fault",
    [delivery.wrong_content_range(), delivery.no_content_range(), delivery.broken_content_range()],
    ids=str,
)
def test_a_range_that_nobody_asked_for_is_refused(
    faulty_registry: FaultyRegistry, pushed: Pushed, reference: Reference, fault: Fault
) -> None:
    faulty_registry.inject(fault, BLOBS)
    with pytest.raises(InvalidAnswer):
        client().blob(reference, pushed.layers[0], 1000)


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_manifest_and_a_blob_that_were_compressed_for_the_way_are_what_they_were(
    faulty_registry: FaultyRegistry, pushed: Pushed, reference: Reference, encoding: str, length: bool
) -> None:
    faulty_registry.inject(delivery.compressed(encoding, length))
    assert client().head(reference) == pushed.digest
    raw = client().manifest(reference)
    assert (raw.raw, raw.digest) == (pushed.raw, pushed.digest)
    stream = client().blob(reference, pushed.layers[0], 0)
    assert (stream.start, stream.total, stream.validator) == (0, None, None)
    assert read(stream) == random_layer(SIZE)


def test_a_part_of_what_was_compressed_is_not_taken(
    faulty_registry: FaultyRegistry, pushed: Pushed, reference: Reference
) -> None:
    faulty_registry.inject(delivery.compressed(), BLOBS)
    stream = client().blob(reference, pushed.layers[0], 1000, size=len(random_layer(SIZE)))
    assert (stream.start, read(stream)) == (0, random_layer(SIZE))
    assert [each.range for each in faulty_registry.requests.matching(BLOBS)] == ["bytes=1000-", None]


@pytest.mark.parametrize("offset", [0, 1000])
def test_a_file_that_is_only_called_compressed_stays_as_it_is(
    faulty_registry: FaultyRegistry, pushed: Pushed, reference: Reference, offset: int
) -> None:
    faulty_registry.inject(delivery.labelled_compressed(), BLOBS)
    stream = client().blob(reference, pushed.layers[0], offset, size=len(random_layer(SIZE)))
    assert (stream.start, read(stream)) == (offset, random_layer(SIZE)[offset:])


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_the_cdn_gets_no_authorization(
    faulty_registry: FaultyRegistry, pushed: Pushed, reference: Reference, code: int
) -> None:
    faulty_registry.require_token()
    faulty_registry.redirect_blobs(code)
    assert read(client().blob(reference, pushed.layers[0], 0)) == random_layer(SIZE)
    assert faulty_registry.cdn.leaks == []
    assert faulty_registry.requests.matching(BLOBS)[-1].authorization


def test_resuming_asks_the_registry_again_since_a_signed_address_expires(
    faulty_registry: FaultyRegistry, pushed: Pushed, reference: Reference
) -> None:
    faulty_registry.redirect_blobs()
    faulty_registry.cdn.single_use = True
    asking = client()
    first = asking.blob(reference, pushed.layers[0], 0)
    assert first.readinto(memoryview(bytearray(500))) > 0
    first.close()
    assert read(asking.blob(reference, pushed.layers[0], 500)) == random_layer(SIZE)[500:]


def test_a_web_page_is_no_layer(faulty_registry: FaultyRegistry, pushed: Pushed, reference: Reference) -> None:
    faulty_registry.inject(statuses.html_page(), BLOBS)
    with pytest.raises(InvalidAnswer, match=r"a web page instead of .*lab/app:1"):
        client().blob(reference, pushed.layers[0], 0)


def test_a_blob_is_cancelled_while_nobody_answers(
    faulty_registry: FaultyRegistry, pushed: Pushed, reference: Reference
) -> None:
    gate, cancellation = Gate(), Cancellation()
    faulty_registry.inject(delivery.stalled(gate), BLOBS)
    cancellation.cancel()
    with pytest.raises(DepotError):
        client().blob(reference, pushed.layers[0], 0, cancellation)
    gate.open()


def test_a_registry_on_this_host_is_asked_plainly_and_that_is_remembered(
    faulty_registry: FaultyRegistry, pushed: Pushed, reference: Reference
) -> None:
    asking = client()
    faulty_registry.inject(statuses.status(503), MANIFESTS, times=1)
    with pytest.raises(Unavailable, match="answered 503"):
        asking.manifest(reference)
    assert asking.head(reference) == pushed.digest


def test_what_nobody_listens_to_is_said_so() -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 refuses the connection"):
        client().head(Reference.parse("127.0.0.1:1/lab/app:1"))


def test_a_body_that_breaks_is_a_broken_connection(faulty_registry: FaultyRegistry, reference: Reference) -> None:
    faulty_registry.inject(delivery.drop_after(20), MANIFESTS, method="GET")
    with pytest.raises(ConnectionBroken):
        client().manifest(reference)


def test_docker_hubs_limit_is_read_from_head_too(fake_hub: FakeHub) -> None:
    push_image(fake_hub.upstream.url, "library/counted", "1", [random_layer(300)])
    limits = LimitWatch(lambda: NOON)
    asking = client(fake_hub.url, limits=limits, through=transport())
    assert limits.snapshot() == Limits()
    asking.head(Reference.parse("counted:1"))
    assert (limits.snapshot().limit, limits.snapshot().remaining) == (100, 100)
    asking.manifest(Reference.parse("counted:1"))
    asking.head(Reference.parse("counted:1"))
    told = limits.snapshot()
    assert (told.remaining, told.window, told.source) == (99, 21600, "192.0.2.1")
    assert told.resets is not None
    assert told.resets.isoformat() == "2026-11-23T18:00:00+00:00"


def test_without_pulls_left_head_still_works_and_a_login_is_advised(fake_hub: FakeHub) -> None:
    pushed = push_image(fake_hub.upstream.url, "library/counted", "1", [random_layer(300)])
    fake_hub.pulls.exhaust()
    asking = client(fake_hub.url)
    assert asking.head(Reference.parse("counted:1")) == pushed.digest
    with pytest.raises(RateLimited, match=r"counted:1: rate limited by Docker Hub.*a login raises the limit"):
        asking.manifest(Reference.parse("counted:1"))


def test_a_digest_of_another_repository_is_not_found(reference: Reference) -> None:
    with pytest.raises(UpstreamNotFound):
        client().manifest(reference.with_digest(Digest.of(b"nobody has this")))


def test_a_plain_registry_on_this_host_that_hangs_is_not_asked_again_in_https() -> None:
    with Trickling() as server, pytest.raises(TimedOut, match=r"^127\.0\.0\.1:\d+ does not answer$"):
        client(through=transport(silence_seconds=0.3)).head(Reference.parse(f"{server.host}/lab/app:1"))
    assert server.reached.acquire(blocking=False)
    assert not server.reached.acquire(blocking=False), "one connection"


def test_an_address_that_has_failed_is_no_longer_the_only_one() -> None:
    way = transport()
    endpoints = Endpoints(way.rules)
    asking = RegistryClient(way, Authenticator(way, KnownLogins()), endpoints)
    with Scripted(Answer.of(200, headers=(("Docker-Content-Digest", str(Digest.of(b"x"))),))) as server:
        wanted = Reference.parse(f"{server.host}/lab/app:1")
        assert asking.head(wanted) == Digest.of(b"x")
        assert len(endpoints.candidates(wanted.registry)) == 1
    with pytest.raises(Unavailable):
        asking.head(wanted)
    assert len(endpoints.candidates(wanted.registry)) == 2
