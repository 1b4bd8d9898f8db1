"""Archives that are uploaded: what comes of them, who may, and what a broken upload leaves."""

from __future__ import annotations

import gzip
import io
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.archives.incoming import Incoming
from imagedepot.errors import InvalidArchive, StorageFailure
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.download import Download
from imagedepot.model.image import ImageRequest
from tests.api.conftest import NOBODY
from tests.api.face import Face
from tests.cli.commands.test_load import docker_archive
from tests.ground.images import random_layer


@pytest.fixture
def depot(tmp_path: Path) -> Iterator[Face]:
    with Face(tmp_path / "data", **NOBODY) as face:
        yield face


def archive(folder: Path, *tags: str, size: int = 100_000) -> bytes:
    return docker_archive(folder / "upload.tar", random_layer(size), tags=tags).read_bytes()


def incoming(depot: Face) -> list[Path]:
    return list((depot.folder / "incoming").glob("*"))


def test_an_upload_becomes_a_download_for_each_name(depot: Face, tmp_path: Path) -> None:
    told = depot.post("/images/import", archive(tmp_path, "lab/a:1", "lab/b:1"))
    assert len(told["downloads"]) == 2
    depot.ended()
    rows = [depot.get(f"/downloads/{id_}") for id_ in told["downloads"]]
    assert [(row["name"], row["status"], row["from"]) for row in rows] == [
        ("lab/a", "done", "local"),
        ("lab/b", "done", "local"),
    ]
    assert rows[0]["total"] == rows[0]["bytes"] > 100_000
    assert {row["name"] for row in depot.get("/image/?from=local")["results"]} == {"lab/a", "lab/b"}
    assert incoming(depot) == []


def test_an_archive_without_names_takes_one_from_the_address(depot: Face, tmp_path: Path) -> None:
    nameless = archive(tmp_path)
    refused = depot.call("POST", "/images/import", nameless)
    assert (refused.status, refused.json["error"]["reason"]) == (400, "invalid_archive")
    depot.post("/images/import?name=team/app:2", nameless)
    assert (depot.ended()["name"], depot.ended()["tag"]) == ("team/app", "2")


@pytest.mark.parametrize("content", [b"", b"<html>not an archive</html>" * 100])
def test_what_is_no_archive_leaves_nothing(depot: Face, content: bytes) -> None:
    refused = depot.call("POST", "/images/import", content)
    assert (refused.status, refused.json["error"]["reason"]) == (400, "invalid_archive")
    assert incoming(depot) == []
    assert depot.get("/downloads") == []


def test_a_client_that_leaves_in_the_middle_leaves_nothing(depot: Face, tmp_path: Path) -> None:
    content = archive(tmp_path, "lab/a:1", size=4_000_000)
    with depot.opened("POST", "/images/import", content[:3_000_000], {"Content-Length": str(len(content))}) as exchange:
        exchange.leave()
    limit = time.monotonic() + 30
    while incoming(depot):
        assert time.monotonic() < limit
        time.sleep(0.01)
    assert depot.get("/image/?from=local")["results"] == []


def test_an_upload_for_which_there_is_no_room_is_refused_before_it_is_read(depot: Face, tmp_path: Path) -> None:
    refused = depot.call("POST", "/images/import", b"x", {"Content-Length": str(1 << 60)})
    assert refused.status == 507
    assert refused.message.startswith("The archive needs ")
    assert incoming(depot) == []


def test_the_reserve_is_left_alone_while_an_upload_comes(depot: Face) -> None:
    file = depot.services.loading.begin(None)
    depot.services.upstreams.incoming._space._free = lambda: 1000
    with file, pytest.raises(StorageFailure):
        for _ in range(20):
            file.write(bytes(1 << 20))
    assert incoming(depot) == []


def test_an_image_that_is_being_downloaded_is_a_conflict(depot: Face, tmp_path: Path) -> None:
    depot.services.downloads.set_limit(0)
    depot.post("/image/dockerhub/docker/lab/a/1/download")
    refused = depot.call("POST", "/images/import", archive(tmp_path, "lab/a:1"))
    assert (refused.status, refused.message) == (
        409,
        "lab/a:1 is being downloaded: wait for its end, or cancel it",
    )
    assert incoming(depot) == []


def test_an_archive_whose_download_cannot_begin_does_not_stay(depot: Face, tmp_path: Path) -> None:
    def full(wanted: ImageRequest) -> Download:
        raise StorageFailure("The database refused a change: database or disk is full")

    depot.services.loading._start = full
    assert depot.call("POST", "/images/import", archive(tmp_path, "lab/a:1", "lab/b:1")).status == 507
    assert incoming(depot) == []


def test_a_second_archive_of_an_image_under_way_does_not_stay(depot: Face, tmp_path: Path) -> None:
    depot.services.downloads.set_limit(0)
    depot.post("/images/import", archive(tmp_path, "lab/a:1"))
    before = incoming(depot)
    again = archive(tmp_path, "lab/a:1")
    refused = depot.call("POST", f"/images/import?platform={depot.services.in_force.platform()}", again)
    assert (refused.status, incoming(depot)) == (409, before)


def test_a_restart_goes_on_with_what_was_uploaded(tmp_path: Path) -> None:
    with Face(tmp_path / "data", **NOBODY) as face:
        face.services.downloads.set_limit(0)
        face.post("/images/import?name=team/app:2", archive(tmp_path))
        assert len(incoming(face)) == 2
        (tmp_path / "data" / "incoming" / "torn").write_bytes(b"an upload that a kill broke off")
    with Face(tmp_path / "data", **NOBODY) as face:
        assert face.ended()["status"] == "done"
        assert [row["name"] for row in face.get("/image/?from=local")["results"]] == ["team/app"]
        assert incoming(face) == []


def test_a_retry_after_the_archive_is_gone_says_so(depot: Face, tmp_path: Path) -> None:
    depot.services.downloads.set_limit(0)
    id_ = depot.post("/images/import", archive(tmp_path, "lab/a:1"))["downloads"][0]
    depot.call("DELETE", f"/downloads/{id_}")
    assert incoming(depot) == []
    depot.services.downloads.set_limit(1)
    depot.post(f"/downloads/{id_}/retry")
    assert depot.ended()["error"] == "The archive that lab/a:1 was in is not here any more: load it again"


def test_only_administrators_load_archives(guarded: Face, tmp_path: Path) -> None:
    content = archive(tmp_path, "lab/a:1")
    for username in ("bob", "mia"):
        guarded.log_in(username, "correct horse")
        assert guarded.call("POST", "/images/import", content).status == 403


def test_a_member_that_leads_out_is_refused_and_writes_nothing(depot: Face, tmp_path: Path) -> None:
    hostile = io.BytesIO()
    with tarfile.open(fileobj=hostile, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("../../outside"))
    refused = depot.call("POST", "/images/import", hostile.getvalue())
    assert refused.message == "Refused: '../../outside' in the archive leads out of it"
    assert not list(tmp_path.rglob("outside"))


def test_a_packed_archive_that_grows_beyond_measure_is_refused(tmp_path: Path) -> None:
    """A gigabyte of nothing in a megabyte, twice over: more than any tar file of layers grows."""
    bomb = tmp_path / "bomb.tar.gz"
    once = gzip.compress(bytes(1 << 26), 9)
    bomb.write_bytes(once * 17)
    incoming = Incoming(tmp_path / "incoming", DiskSpace(tmp_path, reserve=0))
    with pytest.raises(InvalidArchive, match=r"it grows to more than 1\.1 GB: refused"):
        incoming.plain(bomb, Cancellation())
    assert list((tmp_path / "incoming").iterdir()) == []
