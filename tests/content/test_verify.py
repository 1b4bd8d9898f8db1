"""Everything is read again; what is wrong is named, with those whom it hurts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from imagedepot.content.backends.local import BlobStore
from imagedepot.content.verify import Report, Verifier
from imagedepot.model.content.slice import Slice
from imagedepot.model.digest import Digest

USED, MISSING = Digest.of(b"used"), Digest.of(b"missing", "sha512")


def verify(blobs: BlobStore, needed: Mapping[Digest, Sequence[str]] | None = None, quarantine: bool = False) -> Report:
    return Verifier(blobs, lambda: needed or {}).run(quarantine)


def test_a_good_store_has_no_problems_and_every_byte_was_read(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    for content in (b"used", b"more"):
        blobs.put(content)
    assert verify(blobs, {USED: ["lab/app:1"]}) == Report(2, 8, ())


def test_problems_name_file_reason_and_images(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    blobs.put(b"used")
    blobs.path(USED).write_bytes(b"USED")
    (blobs.blobs / "sha256" / "stray").write_bytes(b"x")
    report = verify(blobs, {USED: ["lab/app:1", "lab/b:2"], MISSING: ["lab/c:3"]})
    told = {problem.digest: (problem.reason, problem.images, problem.moved) for problem in report.problems}
    assert told == {
        str(USED): ("its bytes are not what its digest says", ("lab/app:1", "lab/b:2"), False),
        "sha256:stray": ("its name is no digest: it is not ours", (), False),
        str(MISSING): ("it is missing", ("lab/c:3",), False),
    }
    assert blobs.path(USED).exists(), "looking changes nothing"


def test_slices_together_find_what_a_whole_look_finds(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    for number in range(20):
        blobs.put(f"blob {number}".encode())
    blobs.put(b"used")
    blobs.path(USED).write_bytes(b"USED")
    (blobs.blobs / "sha256" / "stray").write_bytes(b"x")
    needed = {USED: ["lab/app:1"], MISSING: ["lab/c:3"]}
    verifier = Verifier(blobs, lambda: needed, blobs.all)
    whole = verifier.run()
    parts = [verifier.run(slice_=Slice(number, 3)) for number in (1, 2, 3)]
    assert sum(each.checked for each in parts) == whole.checked == 22
    assert sum(each.bytes for each in parts) == whole.bytes
    assert {each.digest for part in parts for each in part.problems} == {each.digest for each in whole.problems}
    assert sorted(each for part in parts for each in part.unnamed) == sorted(whole.unnamed)


def test_the_quarantine_keeps_what_was_wrong(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    blobs.put(b"used")
    blobs.path(USED).write_bytes(b"USED")
    (problem,) = verify(blobs, {USED: ["lab/app:1"]}, quarantine=True).problems
    assert problem.moved
    assert not blobs.has(USED)
    assert (blobs.quarantine / f"sha256-{USED.hex}").read_bytes() == b"USED"
    (again,) = verify(blobs, {USED: ["lab/app:1"]}).problems
    assert again.reason == "it is missing", "until it is back it stays a problem"


def test_a_folder_in_place_of_a_blob_is_missing(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    blobs.path(USED).mkdir()
    (problem,) = verify(blobs, {USED: ["lab/app:1"]}, quarantine=True).problems
    assert (problem.reason, problem.images) == ("it is a folder: it is not ours", ("lab/app:1",))
    assert (blobs.quarantine / f"sha256-{USED.hex}").is_dir(), "out of the way of the blob that will come"


def test_an_image_that_is_removed_meanwhile_is_not_a_problem(tmp_path: Path) -> None:
    """It leaves the index first, then its blobs go: between two looks at the index."""
    blobs = BlobStore(tmp_path)
    blobs.put(b"used")
    needed = {USED: ["lab/app:1"], MISSING: ["lab/c:3"]}
    looks: list[int] = []

    def references() -> dict[Digest, list[str]]:
        looks.append(1)
        before = dict(needed)
        if needed.pop(USED, None):
            blobs.delete(USED)
        return before

    problems = Verifier(blobs, references).run().problems
    assert [(each.digest, each.reason) for each in problems] == [(str(MISSING), "it is missing")]
    assert len(looks) > 1
