"""Each fault of delivery does to the bytes what its name says, and nothing else."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest
import urllib3

from tests.fakes import delivery
from tests.fakes.asking import Got, ask, ask_within
from tests.fakes.manifests import OCI_MANIFEST
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS
from tests.ground.images import push_image, random_layer


@dataclass(frozen=True)
class Blob:
    """One layer in the registry, and where the fake serves it."""

    registry: FaultyRegistry
    url: str
    content: bytes

    def get(self, start: int | None = None) -> Got:
        """Ask for it, or for its bytes from `start`."""
        return ask(self.url) if start is None else ask(self.url, Range=f"bytes={start}-")


@pytest.fixture
def blob(faulty_registry: FaultyRegistry) -> Blob:
    content = random_layer(400_000)
    push_image(faulty_registry.upstream.url, "lab/delivery", "1", [content])
    manifest = ask(f"{faulty_registry.url}/v2/lab/delivery/manifests/1", Accept=OCI_MANIFEST).json
    faulty_registry.requests.clear()
    return Blob(
        faulty_registry, f"{faulty_registry.url}/v2/lab/delivery/blobs/{manifest['layers'][0]['digest']}", content
    )


def test_an_honest_fake_passes_everything_through(blob: Blob) -> None:
    whole, rest = blob.get(), blob.get(1000)
    assert (whole.status, whole.body) == (200, blob.content)
    assert (rest.status, rest.body) == (206, blob.content[1000:])
    size = len(blob.content)
    blob.registry.requests.wait_for(lambda log: all(each.ended for each in log))
    assert rest.headers["Content-Range"] == f"bytes 1000-{size - 1}/{size}"
    assert [(e.status, e.sent, e.range) for e in blob.registry.requests] == [
        (200, size, None),
        (206, size - 1000, "bytes=1000-"),
    ]


@pytest.mark.parametrize("reset", [False, True])
def test_a_dropped_connection_ends_after_so_many_bytes(blob: Blob, reset: bool) -> None:
    blob.registry.inject(delivery.drop_after(1234, reset), BLOBS, times=1)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        blob.get()
    blob.registry.requests.wait_for(lambda log: log[0].ended)
    assert blob.registry.requests[0].sent == 1234
    assert blob.get().body == blob.content


def test_a_silent_end_has_no_status(blob: Blob) -> None:
    blob.registry.inject(delivery.no_answer(), BLOBS)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        blob.get()
    assert blob.registry.requests[0].status == 0


def test_a_rule_lets_so_many_requests_pass_first(blob: Blob) -> None:
    rule = blob.registry.inject(delivery.clean_short(5), BLOBS, skip=1, times=1)
    assert [len(blob.get().body) for _ in range(3)] == [len(blob.content), 5, len(blob.content)]
    assert rule.used == 1


def test_a_clean_short_body_agrees_with_its_length(blob: Blob) -> None:
    blob.registry.inject(delivery.clean_short(100), BLOBS)
    got = blob.get()
    assert (got.status, got.headers["Content-Length"], got.body) == (200, "100", blob.content[:100])


def test_a_long_body_goes_on(blob: Blob) -> None:
    blob.registry.inject(delivery.too_long(70_000), BLOBS)
    assert blob.get().body == blob.content + bytes(70_000)


def test_a_flipped_byte_is_the_same_one_in_a_range(blob: Blob) -> None:
    blob.registry.inject(delivery.flipped_byte(300_000), BLOBS)
    for got, start in ((blob.get(), 0), (blob.get(299_990), 299_990), (blob.get(300_001), 300_001)):
        wrong = [start + n for n, byte in enumerate(got.body) if byte != blob.content[start + n]]
        assert wrong == ([300_000] if start <= 300_000 else [])


def test_chunks_have_no_length(blob: Blob) -> None:
    blob.registry.inject(delivery.chunked(), BLOBS)
    got = blob.get()
    assert (got.headers["Transfer-Encoding"], "Content-Length" in got.headers) == ("chunked", False)
    assert got.body == blob.content


def test_a_body_may_end_with_the_connection(blob: Blob) -> None:
    blob.registry.inject(delivery.until_close(), BLOBS)
    got = blob.get()
    assert not {"Content-Length", "Transfer-Encoding"} & set(got.headers)
    assert got.body == blob.content


def test_every_wrong_answer_to_a_range(blob: Blob) -> None:
    size = len(blob.content)
    wrong = {
        delivery.ignored_range: (200, blob.content, None),
        delivery.partial_as_200: (200, blob.content[10:], None),
        delivery.wrong_content_range: (206, blob.content[10:], f"bytes 11-{size}/{size}"),
        delivery.no_content_range: (206, blob.content[10:], None),
        delivery.broken_content_range: (206, blob.content[10:], "bytes twelve-/many"),
    }
    for fault, expected in wrong.items():
        blob.registry.inject(fault(), BLOBS)
        got = blob.get(10)
        assert (got.status, got.body, got.headers.get("Content-Range")) == expected, fault.__name__
        assert blob.get().body == blob.content
        blob.registry.rules.clear()
    blob.registry.inject(delivery.refused_range(), BLOBS)
    assert (blob.get(10).status, blob.get().status) == (416, 200)


def test_a_stalled_answer_comes_when_its_gate_opens(blob: Blob) -> None:
    gate = Gate()
    blob.registry.inject(delivery.stalled(gate), BLOBS)
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        ask_within(urllib3.Timeout(connect=30, read=0.2), blob.url)
    gate.open()
    assert blob.get().body == blob.content


def test_a_held_answer_stops_before_its_byte(blob: Blob) -> None:
    gate, got = Gate(), list[Got]()
    blob.registry.inject(delivery.hold(gate, at=350_000), BLOBS)
    reader = threading.Thread(target=lambda: got.append(blob.get(1000)))
    reader.start()
    gate.wait_reached()
    assert (blob.registry.requests[0].sent, got) == (349_000, [])
    gate.open()
    reader.join()
    assert got[0].body == blob.content[1000:]


def test_a_range_behind_the_held_byte_is_not_held(blob: Blob) -> None:
    gate = Gate()
    blob.registry.inject(delivery.hold(gate, at=5), BLOBS)
    assert blob.get(6).body == blob.content[6:]
    assert not gate.reached.is_set()


def test_a_slow_body_takes_its_time(blob: Blob) -> None:
    blob.registry.inject(delivery.slow(1000), BLOBS)
    with urllib3.PoolManager(retries=False) as pool:
        answer = pool.request("GET", blob.url, preload_content=False)
        assert answer.read(10) == blob.content[:10]
        assert blob.registry.requests[0].sent < 2000
        answer.close()


def test_stopping_a_fake_frees_who_waits(faulty_registry: FaultyRegistry) -> None:
    gate = Gate()
    with FaultyRegistry(faulty_registry.upstream.url, delivery.stalled(gate)) as registry:
        got = list[BaseException]()

        def wait() -> None:
            try:
                ask(f"{registry.url}/v2/")
            except urllib3.exceptions.HTTPError as error:
                got.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        gate.wait_reached()
    waiting.join(60)
    assert not waiting.is_alive()
    assert isinstance(got[0], urllib3.exceptions.ProtocolError)
