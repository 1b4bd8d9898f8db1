"""What the OCI distribution specification asks of blobs, in our own words; `conformance/` there asks it in Go."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from imagedepot.model.digest import Digest
from tests.registry.over_http import Client, client, joined

NAME, OTHER = "conformance/blobs", "conformance/other"
SMALL = random.Random(1).randbytes(2048)
LARGE = random.Random(2).randbytes(5_000_000)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with client(tmp_path_factory.mktemp("conformance")) as asking:
        yield asking


def in_one_request(registry: Client, content: bytes, digest: Digest) -> int:
    return registry.ask("POST", f"{NAME}/blobs/uploads/?digest={digest}", content).status


def in_two_requests(registry: Client, content: bytes, digest: Digest) -> int:
    return registry.ask("PUT", joined(registry.begin(NAME), digest), content).status


def as_a_stream(registry: Client, content: bytes, digest: Digest) -> int:
    pieces = (content[begin : begin + 70_000] for begin in range(0, len(content), 70_000))
    answer = registry.ask("PATCH", registry.begin(NAME, f"?digest-algorithm={digest.algorithm}"), pieces)
    assert (answer.status, answer.headers["range"]) == (202, f"0-{len(content) - 1}")
    return registry.ask("PUT", joined(answer.headers["location"], digest), b"").status


def in_chunks(registry: Client, content: bytes, digest: Digest) -> int:
    return _in_chunks(registry, content, digest, last_by_put=False)


def in_chunks_of_which_the_last_ends_it(registry: Client, content: bytes, digest: Digest) -> int:
    return _in_chunks(registry, content, digest, last_by_put=True)


def _in_chunks(registry: Client, content: bytes, digest: Digest, *, last_by_put: bool) -> int:
    place, third = registry.begin(NAME), len(content) // 3
    chunks = [(0, third), (third, 2 * third), (2 * third, len(content))]
    rest, sent = b"", {}
    if last_by_put:
        begin, end = chunks.pop()
        rest, sent = content[begin:end], {"Content_Range": f"{begin}-{end - 1}"}
    for begin, end in chunks:
        answer = registry.ask("PATCH", place, content[begin:end], Content_Range=f"{begin}-{end - 1}")
        assert (answer.status, answer.headers["range"]) == (202, f"0-{end - 1}")
        place = answer.headers["location"]
        seen = registry.ask("GET", place)
        assert (seen.status, seen.headers["range"], seen.headers["location"]) == (204, f"0-{end - 1}", place)
    return registry.ask("PUT", joined(place, digest), rest, **sent).status


WAYS = [in_one_request, in_two_requests, as_a_stream, in_chunks, in_chunks_of_which_the_last_ends_it]


def test_a_repository_that_nobody_pushed_to_is_not_known(registry: Client) -> None:
    """Also where the upstream that might know it cannot be asked."""
    digest = Digest.of(b"never pushed there")
    for path, code in ((f"blobs/{digest}", "BLOB_UNKNOWN"), ("tags/list", "NAME_UNKNOWN")):
        answer = registry.ask("GET", f"conformance/never/{path}")
        assert (answer.status, answer.code) == (404, code)
        assert "127.0.0.1" in answer.json["errors"][0]["message"]
    assert registry.ask("HEAD", f"conformance/never/blobs/{digest}").status == 404


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
def test_a_blob_that_is_pushed_is_found_read_and_deleted(
    registry: Client, way: Callable[[Client, bytes, Digest], int], algorithm: str, content: bytes
) -> None:
    digest = Digest.of(content, algorithm)
    assert way(registry, content, digest) == 201
    head, got = (registry.ask(method, f"{NAME}/blobs/{digest}") for method in ("HEAD", "GET"))
    assert (got.status, got.content == content) == (200, True)
    for answer in (head, got):
        assert answer.headers["content-length"] == str(len(content))
        assert answer.headers["docker-content-digest"] == str(digest)
    assert (head.status, head.content) == (200, b"")
    assert registry.ask("DELETE", f"{NAME}/blobs/{digest}").status == 202
    assert registry.ask("GET", f"{NAME}/blobs/{digest}").code == "BLOB_UNKNOWN"
    assert registry.ask("HEAD", f"{NAME}/blobs/{digest}").status == 404


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("way", WAYS)
def test_a_blob_of_another_digest_is_refused_and_not_kept(
    registry: Client, way: Callable[[Client, bytes, Digest], int], algorithm: str
) -> None:
    wrong = Digest.of(b"something else", algorithm)
    assert way(registry, SMALL, wrong) == 400
    assert registry.ask("GET", f"{NAME}/blobs/{wrong}").status == 404


@pytest.mark.parametrize("content", [b"", b"{}"], ids=["empty", "empty_json"])
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_well_known_blobs_are_like_all_others(registry: Client, content: bytes, algorithm: str) -> None:
    digest = registry.push(NAME, content, algorithm)
    got = registry.ask("GET", f"{NAME}/blobs/{digest}")
    assert (got.status, got.content, got.headers["content-length"]) == (200, content, str(len(content)))


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_blob_is_mounted_from_another_repository(registry: Client, algorithm: str) -> None:
    content = f"to be mounted by {algorithm}".encode()
    digest = registry.push(OTHER, content, algorithm)
    for number, query in enumerate((f"?mount={digest}&from={OTHER}", f"?mount={digest}")):
        answer = registry.ask("POST", f"{NAME}/{number}/blobs/uploads/{query}", b"")
        assert answer.status == 201
        assert registry.ask("GET", answer.headers["location"]).content == content


def test_a_mount_of_what_is_not_there_begins_an_upload(registry: Client) -> None:
    missing = Digest.of(b"never pushed")
    answer = registry.ask("POST", f"{NAME}/blobs/uploads/?mount={missing}&from={OTHER}", b"")
    assert answer.status == 202
    assert registry.ask("PUT", joined(answer.headers["location"], missing), b"never pushed").status == 201


def test_an_upload_that_is_cancelled_is_gone(registry: Client) -> None:
    place = registry.begin(NAME)
    assert registry.ask("PATCH", place, SMALL).status == 202
    assert registry.ask("DELETE", place).status == 204
    for method in ("GET", "PATCH", "DELETE"):
        assert registry.ask(method, place, SMALL if method == "PATCH" else None).code == "BLOB_UPLOAD_UNKNOWN"


def test_a_chunk_out_of_order_is_refused_and_the_right_one_taken_then(registry: Client) -> None:
    digest, place = Digest.of(SMALL), registry.begin(NAME)
    early = registry.ask("PATCH", place, SMALL[1000:], Content_Range=f"1000-{len(SMALL) - 1}")
    assert early.status == 416
    assert registry.ask("PATCH", place, SMALL[:1000], Content_Range="0-999").status == 202
    again = registry.ask("PATCH", place, SMALL[:1000], Content_Range="0-999")
    assert (again.status, again.headers["range"]) == (416, "0-999")
    rest = registry.ask("PUT", joined(place, digest), SMALL[1000:], Content_Range=f"1000-{len(SMALL) - 1}")
    assert rest.status == 201


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [("500-1499", 500, 1500), ("500-", 500, 2048), ("-500", 1548, 2048), ("2000-5000", 2000, 2048), ("0-0", 0, 1)],
)
def test_a_range_is_answered_with_just_these_bytes(registry: Client, asked: str, begin: int, end: int) -> None:
    digest = registry.push(NAME, SMALL)
    got = registry.ask("GET", f"{NAME}/blobs/{digest}", Range=f"bytes={asked}")
    assert (got.status, got.content) == (206, SMALL[begin:end])
    assert got.headers["content-range"] == f"bytes {begin}-{end - 1}/{len(SMALL)}"
    assert got.headers["content-length"] == str(end - begin)


@pytest.mark.parametrize("asked", ["500-0", "5000-10000", "2048-", "-0"])
def test_a_range_that_has_no_bytes_is_refused(registry: Client, asked: str) -> None:
    digest = registry.push(NAME, SMALL)
    got = registry.ask("GET", f"{NAME}/blobs/{digest}", Range=f"bytes={asked}")
    assert (got.status, got.code, got.headers["content-range"]) == (416, "RANGE_INVALID", f"bytes */{len(SMALL)}")


def test_parts_of_a_large_blob_are_its_bytes(registry: Client) -> None:
    digest = registry.push(NAME, LARGE)
    for begin, end in ((0, 100_000), (1_234_567, 4_999_999), (4_900_000, 5_000_000)):
        got = registry.ask("GET", f"{NAME}/blobs/{digest}", Range=f"bytes={begin}-{end - 1}")
        assert (got.status, got.content == LARGE[begin:end]) == (206, True)
