"""`index.json`: an OCI image layout at every moment, in which other hands' rows stay as they are."""

from __future__ import annotations

import json
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from imagedepot.content.backends.local import BlobStore
from imagedepot.content.index.oci_layout import Entry, Layout
from imagedepot.errors import StorageFailure
from imagedepot.model.digest import Digest
from imagedepot.model.manifest import OCI_INDEX, OCI_MANIFEST
from imagedepot.model.platform import Platform
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from tests.ground.needs import require
from tests.stores.kits import OciKit

MANY = 3000


def entry(number: int, **facts: str) -> Entry:
    digest = Digest.of(str(number).encode())
    return Entry(f"docker.io/lab/app:{number}", digest, 7, Platform.parse("linux/arm/v6"), facts)


def index(folder: Path) -> Any:
    return json.loads((folder / "index.json").read_bytes())


def written(folder: Path, frame: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "index.json").write_text(json.dumps(frame))
    return folder


def test_an_empty_layout_is_a_layout(tmp_path: Path) -> None:
    Layout(tmp_path)
    assert json.loads((tmp_path / "oci-layout").read_bytes()) == {"imageLayoutVersion": "1.0.0"}
    assert index(tmp_path) == {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}


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
def test_what_is_no_index_is_named_and_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "index.json").write_text(content)
    with pytest.raises(StorageFailure, match=r"index\.json is not an OCI image index; move it away"):
        Layout(tmp_path)
    assert (tmp_path / "index.json").read_text() == content


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
