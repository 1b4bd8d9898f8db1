"""`index.json`: an OCI image layout at every moment, in which other hands' rows stay as they are."""

from __future__ import annotations

import errno
import json
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from imagedepot.content.backends.local import BlobStore
from imagedepot.content.index.index_file import Write
from imagedepot.content.index.oci_layout import Layout
from imagedepot.errors import StorageFailure
from imagedepot.files.atomic import write_durably
from imagedepot.model.content.manifest import OCI_INDEX, OCI_MANIFEST
from imagedepot.model.digest import Digest
from imagedepot.model.platform import Platform
from imagedepot.protocols import Entry
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from tests.contracts.index import IndexContract
from tests.ground.needs import require
from tests.stores.kits import OciKit

MANY = 3000


def entry(number: int, **facts: str) -> Entry:
    digest = Digest.of(str(number).encode())
    return Entry(f"docker.io/lab/app:{number}", digest, 7, Platform.parse("linux/arm/v6"), facts)


def index(folder: Path) -> Any:
    return json.loads((folder / "index.json").read_bytes())


def blob(folder: Path) -> None:
    (folder / "blobs/sha256").mkdir(parents=True, exist_ok=True)
    (folder / "blobs/sha256" / Digest.of(b"some").hex).write_bytes(b"some")


def full_while(is_full: Callable[[], bool]) -> Write:
    def write(path: Path, content: bytes) -> None:
        if is_full():
            raise StorageFailure(f"Cannot write {path.name}: No space left on device") from OSError(errno.ENOSPC, "")
        write_durably(path, content)

    return write


def written(folder: Path, frame: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "index.json").write_text(json.dumps(frame))
    return folder


class TestLayout(IndexContract):
    """What every index promises."""

    @pytest.fixture
    def index(self, tmp_path: Path) -> Layout:
        return Layout(tmp_path / "content")


def test_an_empty_layout_is_a_layout(tmp_path: Path) -> None:
    Layout(tmp_path)
    assert json.loads((tmp_path / "oci-layout").read_bytes()) == {"imageLayoutVersion": "1.0.0"}
    frame = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
    assert index(tmp_path) == {**frame, "annotations": {"io.imagedepot.emptied": "true"}}


def test_entries_survive_a_restart_with_all_that_is_known_of_them(tmp_path: Path) -> None:
    one = entry(1, size="9", icon="http://x/i.png")
    Layout(tmp_path).put(one)
    assert Layout(tmp_path).entries == {one.name: one}
    (row,) = index(tmp_path)["manifests"]
    assert row["mediaType"] == OCI_MANIFEST
    assert row["platform"] == {"architecture": "arm", "os": "linux", "variant": "v6"}
    assert row["annotations"]["org.opencontainers.image.ref.name"] == one.name
    assert row["annotations"]["io.imagedepot.icon"] == "http://x/i.png"


def test_a_name_means_one_image_and_can_be_removed(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    before = layout.entries
    layout.put(entry(1))
    layout.put(entry(2))
    layout.put(Entry(entry(1).name, Digest.of(b"newer"), 5))
    assert [str(row["digest"]) for row in index(tmp_path)["manifests"]] == [
        str(Digest.of(b"newer")),
        str(entry(2).digest),
    ]
    layout.remove([entry(1).name, "docker.io/lab/absent:1"])
    assert list(layout.entries) == [entry(2).name]
    assert before == {}, "entries are replaced, never changed in place"


STRANGERS: list[Any] = [
    {"mediaType": OCI_INDEX, "digest": str(Digest.of(b"index")), "size": 5, "annotations": {"a": "b"}},
    {"mediaType": OCI_MANIFEST, "digest": str(Digest.of(b"unnamed")), "size": 7},
    {"mediaType": OCI_MANIFEST, "digest": "sha999:xyz", "size": 7, "annotations": {"x": 5}},
    {"mediaType": OCI_MANIFEST, "size": 7, "platform": {"os": "linux"}, "annotations": None},
    "not even an object",
    None,
]


def test_rows_of_other_hands_stay_word_for_word(tmp_path: Path) -> None:
    named = {"org.opencontainers.image.ref.name": "theirs", "com.example.note": "kept"}
    theirs = {**STRANGERS[1], "annotations": named, "artifactType": "application/vnd.example"}
    frame = {"schemaVersion": 2, "manifests": [*STRANGERS, theirs], "annotations": {"top": "kept"}}
    layout = Layout(written(tmp_path, frame))
    assert list(layout.entries) == ["theirs"]
    assert set(layout.strangers) == {Digest.of(b"index"), Digest.of(b"unnamed")}
    layout.put(entry(1))
    layout.remove([entry(1).name])
    after = index(tmp_path)
    assert [row for row in after["manifests"] if row in STRANGERS] == STRANGERS
    assert theirs in after["manifests"]
    assert after["annotations"] == {"top": "kept"}


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"manifests": {}}', "\x00" * 50])
def test_what_is_no_index_is_set_aside_and_read_from_its_copy(tmp_path: Path, content: str) -> None:
    kept = entry(1, size="9")
    Layout(tmp_path).put(kept)
    blob(tmp_path)
    (tmp_path / "index.json").write_text(content)
    layout = Layout(tmp_path)
    assert layout.loss
    assert layout.entries == {kept.name: kept}
    assert (tmp_path / "index.json.broken").read_text() == content
    layout.rebuilt([kept.name], {})
    assert Layout(tmp_path).loss == ""
    assert index(tmp_path)["manifests"][0]["digest"] == str(kept.digest)


def test_an_index_that_cannot_be_read_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "index.json").mkdir()
    with pytest.raises(StorageFailure, match=r"Cannot read .*index\.json: Is a directory"):
        Layout(tmp_path)


@pytest.mark.parametrize("manifests", [[], [{"mediaType": OCI_MANIFEST, "digest": str(Digest.of(b"x")), "size": 1}]])
def test_an_index_of_other_hands_in_the_place_of_ours_is_a_loss(tmp_path: Path, manifests: list[Any]) -> None:
    kept = entry(1, size="9")
    Layout(tmp_path).put(kept)
    blob(tmp_path)
    written(tmp_path, {"schemaVersion": 2, "manifests": manifests})
    layout = Layout(tmp_path)
    assert layout.loss == "names none of the images that were here"
    assert list(layout.entries) == [kept.name]
    assert len(layout.strangers) == len(manifests)


def test_an_index_that_we_emptied_stays_empty(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.put(entry(1, size="9"))
    blob(tmp_path)  # a kill before the sweep leaves it
    layout.remove([entry(1).name])
    again = Layout(tmp_path)
    assert (again.loss, again.entries) == ("", {})


def test_a_first_download_that_was_interrupted_is_not_a_loss(tmp_path: Path) -> None:
    Layout(tmp_path)
    blob(tmp_path)
    assert Layout(tmp_path).loss == ""


def test_a_rename_that_may_not_last_changes_neither_disk_nor_memory(tmp_path: Path) -> None:
    """An I/O error of the folder's fsync comes after the rename."""
    faults: list[OSError] = []

    def sync(folder: Path) -> None:
        if faults:
            raise faults.pop()

    layout = Layout(tmp_path, lambda path, content: write_durably(path, content, sync=sync))
    layout.put(entry(1, size="9"))
    before = (tmp_path / "index.json").read_bytes()
    changes: list[Callable[[], None]] = [lambda: layout.put(entry(2)), lambda: layout.remove([entry(1).name])]
    for change in changes:
        faults.append(OSError(errno.EIO, "Input/output error"))
        with pytest.raises(StorageFailure, match=r"Cannot write index\.json: Input/output error"):
            change()
        assert (tmp_path / "index.json").read_bytes() == before
        assert list(layout.entries) == [entry(1).name]


def test_a_full_disk_takes_the_copy_for_a_removal(tmp_path: Path) -> None:
    layout = Layout(tmp_path, full_while(lambda: (tmp_path / "index.json.bak").exists()))
    layout.put(entry(1, size="9"))
    layout.put(entry(2, size="9"))
    layout.remove([entry(2).name])
    assert list(Layout(tmp_path).entries) == [entry(1).name]


def test_a_full_disk_without_a_copy_is_written_in_place_when_the_index_gets_smaller(tmp_path: Path) -> None:
    Layout(tmp_path).put(entry(1, size="9"))
    Layout(tmp_path).put(entry(2, size="9"))
    layout = Layout(tmp_path, full_while(lambda: True))
    layout.remove([entry(2).name])
    assert list(Layout(tmp_path).entries) == [entry(1).name]
    with pytest.raises(StorageFailure, match="No space left on device"):
        layout.put(entry(3, note="n" * 2000))
    assert list(layout.entries) == list(Layout(tmp_path).entries) == [entry(1).name]


def test_a_reader_never_sees_half_an_index(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    base = [entry(number) for number in range(200)]
    layout._write({each.name: each for each in base})
    done = threading.Event()

    def read() -> int:
        looks = 0
        while not done.is_set():
            rows = index(tmp_path)["manifests"]
            assert len(rows) in (200, 201)
            looks += 1
        return looks

    with ThreadPoolExecutor(1) as pool:
        looks = pool.submit(read)
        for number in range(20):
            layout.put(entry(1000 + number))
            layout.remove([entry(1000 + number).name])
        done.set()
        assert looks.result(30) > 0


def test_skopeo_finds_one_image_among_three_thousand(tmp_path: Path) -> None:
    require("skopeo")
    kit = OciKit(tmp_path, lambda blobs: EmbeddedOciStore(blobs, Layout(blobs.layout)))
    kit.bring("lab/app:one", b"content")
    layout = Layout(BlobStore(tmp_path).layout)
    (template,) = layout.entries.values()
    rows = {f"docker.io/lab/app:{number}": number for number in range(MANY - 1)}
    layout._write(
        {
            **{name: Entry(name, template.digest, template.size, template.platform, template.facts) for name in rows},
            template.name: template,
        }
    )
    store = EmbeddedOciStore(kit.blobs, Layout(kit.blobs.layout))
    assert len(store.images()) == MANY
    for tag in ("one", "0", "2998"):
        source = f"oci:{kit.blobs.layout}:docker.io/lab/app:{tag}"
        done = subprocess.run(["skopeo", "inspect", source], check=True, capture_output=True)
        assert json.loads(done.stdout)["Architecture"] == "amd64"
    kit.blobs.put(b"more")
    store.remove("lab/app", "17")
    assert len(index(kit.blobs.layout)["manifests"]) == MANY - 1


def test_an_image_that_two_rows_name_is_removed_with_both(tmp_path: Path) -> None:
    """As when skopeo copied it into the folder once more, under its short name."""
    kit = OciKit(tmp_path, lambda blobs: EmbeddedOciStore(blobs, Layout(blobs.layout)))
    kit.bring("redis:7", b"content")
    frame = index(kit.blobs.layout)
    (row,) = frame["manifests"]
    short = {**row, "annotations": {"org.opencontainers.image.ref.name": "redis:7"}}
    written(kit.blobs.layout, {**frame, "manifests": [row, short]})
    store = EmbeddedOciStore(kit.blobs, Layout(kit.blobs.layout))
    assert len(store.images()) == 1
    store.remove("redis", "7")
    assert store.images() == ()
    assert index(kit.blobs.layout)["manifests"] == []
