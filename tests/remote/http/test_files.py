from __future__ import annotations

from pathlib import Path

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.backends.local import BlobStore
from imagedepot.content.transfer.ingest import Ingest
from imagedepot.content.transfer.progress import Progress
from imagedepot.content.transfer.throttle import Throttle
from imagedepot.errors import (
    AddressNotAllowed,
    DepotError,
    DigestMismatch,
    InvalidAnswer,
    RateLimited,
    Unavailable,
    UpstreamDenied,
    UpstreamNotFound,
)
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.digest import Digest
from imagedepot.model.image import RemoteFile
from imagedepot.protocols import ByteStream
from imagedepot.remote.http.address import OWNER, AddressSource, Zone
from imagedepot.remote.http.files import FileFetcher, allowed
from tests.fakes import delivery, statuses
from tests.fakes.message import Answer, Request
from tests.fakes.rules import Fault
from tests.fakes.web import WebServer
from tests.remote.clients import read, transport
from tests.service.kit import HASTY

CONTENT = bytes(range(256)) * 2000
SOMEBODY = AddressSource("https", Zone.PUBLIC)


def fetcher() -> FileFetcher:
    return FileFetcher(transport(), OWNER)


def open_(file: RemoteFile, offset: int = 0, validator: str | None = None) -> ByteStream:
    return fetcher().open(file, offset, validator)


class Fetching:
    """A file on its way into a content store, as a download fetches it."""

    def __init__(self, folder: Path) -> None:
        self.blobs = BlobStore(folder)
        self._ingest = Ingest(self.blobs, DiskSpace(folder), Throttle(None), HASTY)

    def fetch(self, file: RemoteFile) -> Digest:
        with self.blobs.lease() as lease:
            return self._ingest.fetch(fetcher(), file, lease, Progress().part("x"), Cancellation())


@pytest.fixture
def fetching(tmp_path: Path) -> Fetching:
    return Fetching(tmp_path)


def test_a_file_comes_whole_and_tells_its_size(web: WebServer) -> None:
    stream = open_(RemoteFile(web.put("/a.tar.gz", CONTENT)))
    assert (stream.start, stream.total) == (0, len(CONTENT))
    assert read(stream) == CONTENT


def test_it_goes_on_where_it_stopped_while_it_is_the_same(web: WebServer) -> None:
    file = RemoteFile(web.put("/a.tar.gz", CONTENT))
    first = open_(file)
    first.close()
    stream = open_(file, 1000, first.validator)
    assert stream.start == 1000
    assert read(stream) == CONTENT[1000:]


def test_it_starts_over_when_it_has_changed(web: WebServer) -> None:
    file = RemoteFile(web.put("/a.tar.gz", CONTENT))
    first = open_(file)
    first.close()
    web.put("/a.tar.gz", b"new")
    stream = open_(file, 1000, first.validator)
    assert stream.start == 0
    assert read(stream) == b"new"


def test_a_broken_connection_costs_only_the_rest(web: WebServer, fetching: Fetching) -> None:
    web.inject(delivery.drop_after(300_000), times=1)
    digest = fetching.fetch(RemoteFile(web.put("/a.tar.gz", CONTENT)))
    assert digest == Digest.of(CONTENT)
    assert web.requests.bytes_sent("/a.tar.gz") == len(CONTENT)


def test_a_file_that_changes_in_the_middle_is_never_mixed(web: WebServer, fetching: Fetching) -> None:
    file = RemoteFile(web.put("/a.tar.gz", CONTENT))
    web.inject(delivery.drop_after(300_000), times=1)
    changed = CONTENT[::-1]

    def change(request: Request, answer: Answer) -> Answer:
        web.files["/a.tar.gz"] = changed
        return answer

    web.inject(Fault("changes", change=change), times=1)
    assert fetching.fetch(file) == Digest.of(changed)


def test_a_server_without_ranges_or_validators_works_too(web: WebServer, fetching: Fetching) -> None:
    web.tags = False
    web.inject(delivery.ignored_range())
    web.inject(delivery.drop_after(300_000), times=1)
    assert fetching.fetch(RemoteFile(web.put("/a.tar.gz", CONTENT))) == Digest.of(CONTENT)


@pytest.mark.parametrize("path", ["/a.tar.gz", "/rootfs.squashfs"])
def test_a_file_that_was_compressed_for_the_way_lands_as_it_was(web: WebServer, fetching: Fetching, path: str) -> None:
    web.inject(delivery.compressed())
    web.inject(delivery.drop_after(2000), times=1)
    file = RemoteFile(web.put(path, CONTENT), len(CONTENT), Digest.of(CONTENT))
    assert fetching.fetch(file) == Digest.of(CONTENT)
    assert [each.range for each in web.requests] == [None, None]


@pytest.mark.parametrize("size", [None, len(CONTENT)])
def test_a_gzip_file_that_is_called_compressed_stays_one(web: WebServer, fetching: Fetching, size: int | None) -> None:
    web.inject(delivery.labelled_compressed())
    assert fetching.fetch(RemoteFile(web.put("/a.tar.gz", CONTENT), size)) == Digest.of(CONTENT)


def test_wrong_bytes_never_land(web: WebServer, fetching: Fetching) -> None:
    digest = Digest.of(CONTENT)
    web.inject(delivery.flipped_byte(1000))
    with pytest.raises(DigestMismatch):
        fetching.fetch(RemoteFile(web.put("/a.tar.gz", CONTENT), len(CONTENT), digest))
    assert not fetching.blobs.has(digest)


@pytest.mark.parametrize(
    ("status", "error", "why"),
    [
        (404, UpstreamNotFound, "/a.tar.gz is not there any more"),
        (410, UpstreamNotFound, "not there any more"),
        (401, UpstreamDenied, "does not let us have"),
        (403, UpstreamDenied, "does not let us have"),
        (429, RateLimited, "Rate limited by 127.0.0.1"),
        (408, Unavailable, "answered 408"),
        (503, Unavailable, "answered 503"),
        (418, InvalidAnswer, "answered 418"),
    ],
)
def test_a_refusal_is_one_sentence(web: WebServer, status: int, error: type[DepotError], why: str) -> None:
    web.inject(statuses.status(status))
    with pytest.raises(error, match=why):
        open_(RemoteFile(f"{web.url}/a.tar.gz?signature=secret")).close()


def test_no_refusal_repeats_a_signature(web: WebServer) -> None:
    with pytest.raises(UpstreamNotFound) as failure:
        open_(RemoteFile(f"{web.url}/a.tar.gz?signature=secret"))
    assert "secret" not in str(failure.value)


def test_a_web_page_is_no_image(web: WebServer) -> None:
    with pytest.raises(InvalidAnswer, match="web page"):
        open_(RemoteFile(web.put("/a.html", b"<html>Please log in</html>")))


def test_plain_http_is_tried_as_https_where_only_that_is_allowed() -> None:
    way = transport(insecure=["old.lan"])
    assert allowed("http://127.0.0.1:9/x", way, OWNER) == "http://127.0.0.1:9/x"
    assert allowed("http://old.lan/x", way, SOMEBODY) == "http://old.lan/x"
    assert allowed("http://download.example/x", way, SOMEBODY) == "https://download.example/x"
    with pytest.raises(AddressNotAllowed):
        allowed("http://download.example:8080/x", way, SOMEBODY)


def test_a_public_catalog_cannot_send_us_to_this_host(web: WebServer) -> None:
    file = RemoteFile(web.put("/a.tar.gz", CONTENT))
    for given_by in (SOMEBODY, AddressSource("https", Zone.PRIVATE)):
        with pytest.raises(AddressNotAllowed):
            FileFetcher(transport(), given_by).open(file, 0)
    assert len(web.requests) == 0
