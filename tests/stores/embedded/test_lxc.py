"""The embedded LXC store: naming files, and giving them up again."""

from __future__ import annotations

import gzip
import json
import threading
from pathlib import Path

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.backends.local import BlobStore
from imagedepot.content.gc import GarbageCollector
from imagedepot.errors import Cancelled, ImageNotFound, InvalidAnswer, NotAnImage, StorageFailure
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.depot import APPCENTER
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ImageType, InstalledImage, Remark, RemoteFile, ResolvedLxc
from imagedepot.stores.embedded.lxc import EmbeddedLxcStore
from tests.contracts.store import StoreContract
from tests.stores.kits import LxcKit
from tests.stores.lxc_archives import Archive, root_archive


class TestContract(StoreContract):
    @pytest.fixture
    def kit(self, tmp_path: Path) -> LxcKit:
        return LxcKit(tmp_path, lambda blobs: EmbeddedLxcStore(blobs, tmp_path / "lxc", DiskSpace(tmp_path)))


class Shelf:
    """A store in a folder; `reopen` is a restart."""

    def __init__(self, folder: Path, free: int = 1 << 40) -> None:
        self.folder = folder
        self.blobs = BlobStore(folder)
        self.space = DiskSpace(folder, free=lambda: free)
        self.reopen()

    def reopen(self) -> None:
        collector = GarbageCollector(self.blobs)
        self.store = EmbeddedLxcStore(self.blobs, self.folder / "lxc", self.space, collector.sweep)
        collector.also(self.store.roots)

    def add(self, name: str, *contents: bytes, checksums: bool = True, architecture: str = "amd64") -> InstalledImage:
        digests = [self.blobs.put(content) for content in contents]
        files = tuple(RemoteFile(f"http://lab.lan/{d.hex}", None, d if checksums else None) for d in digests)
        resolved = ResolvedLxc(name, architecture, files, properties={"os": "Lab"} if architecture else {})
        request = ImageRequest(APPCENTER, ImageType.LXC, name, "latest", remark=Remark("d", "l", "i"))
        return self.store.install(request, resolved, self.blobs, digests, lambda *_: None)

    def kept(self) -> set[Digest]:
        return set(self.blobs.all())


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_a_restart_forgets_nothing(shelf: Shelf) -> None:
    added = shelf.add("lab/one", root_archive())
    shelf.reopen()
    assert list(shelf.store.images()) == [added]
    assert added.remark == Remark("d", "l", "i")


def test_the_index_is_written_for_people_and_as_a_whole(shelf: Shelf) -> None:
    shelf.add("lab/one", root_archive())
    rows = json.loads((shelf.folder / "lxc/index.json").read_bytes())["images"]
    assert [(row["name"], row["format"], row["verified"]) for row in rows] == [("lab/one", "bare", True)]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 9, "images": []}', '{"version": 1}'])
def test_an_index_that_is_not_ours_is_set_aside_and_read_from_its_copy(shelf: Shelf, text: str) -> None:
    shelf.add("lab/app", root_archive())
    before = shelf.store.images()
    (shelf.folder / "lxc/index.json").write_text(text)
    shelf.reopen()
    assert shelf.store.loss
    assert shelf.store.images() == before
    assert (shelf.folder / "lxc/index.json.broken").read_text() == text


def test_a_row_that_cannot_be_read_costs_that_row_alone_and_stays(shelf: Shelf) -> None:
    shelf.add("lab/app", root_archive())
    path = shelf.folder / "lxc/index.json"
    frame = json.loads(path.read_bytes())
    odd = [{"name": 3}, None, {**frame["images"][0], "name": "lab/odd", "size": "much"}]
    path.write_text(json.dumps({**frame, "images": [*frame["images"], *odd]}))
    shelf.reopen()
    assert [each.name for each in shelf.store.images()] == ["lab/app"]
    shelf.add("lab/more", root_archive())
    assert [row for row in json.loads(path.read_bytes())["images"] if row in odd] == odd
    shelf.store.remove("lab/app", None)
    shelf.store.remove("lab/more", None)
    assert len(shelf.kept()) == 1, "the odd row's file stays"


def test_the_fingerprint_is_over_metadata_and_rootfs(shelf: Shelf) -> None:
    meta = Archive().file("metadata.yaml", b"architecture: aarch64\n").tar()
    root = root_archive()
    assert shelf.add("lab/split", meta, root).id == Digest.of(meta + root).hex
    assert shelf.add("lab/bare", root).id == Digest.of(root).hex


def test_what_came_without_a_checksum_is_unverified(shelf: Shelf) -> None:
    image = shelf.add("lab/one", root_archive(), checksums=False)
    assert not image.verified
    assert shelf.store.inspect("lab/one", "latest")["verified"] is False


def test_what_the_catalog_does_not_tell_the_image_tells(shelf: Shelf) -> None:
    facts = b"architecture: aarch64\ncreation_date: 1700000000\nproperties: {os: Debian, release: 22.10, bad: [1]}\n"
    unified = Archive().file("metadata.yaml", facts).root("rootfs/").tar()
    shelf.add("lab/one", unified, architecture="")
    answer = shelf.store.inspect("lab/one", "latest")
    assert (answer["Architecture"], answer["Os"]) == ("arm64", "Debian")
    assert answer["Created"] == "2023-11-14T22:13:20+00:00"
    assert answer["Properties"] == {"os": "Debian", "release": "22.10"}
    assert answer["Size"] == len(unified)


def test_removing_frees_what_nothing_else_uses(shelf: Shelf) -> None:
    shared, own = root_archive(), Archive().file("metadata.yaml", b"architecture: x86_64\n").tar()
    shelf.add("lab/one", shared)
    shelf.add("lab/two", own, shared)
    shelf.store.remove("lab/two", None)
    assert shelf.kept() == {Digest.of(shared)}
    shelf.store.remove("lab/one", "latest")
    assert shelf.kept() == set()


def test_two_names_of_one_file_are_two_references_to_it(shelf: Shelf) -> None:
    for name in ("lab/b", "lab/a"):
        shelf.add(name, root_archive())
    assert sorted(shelf.store.references()[Digest.of(root_archive())]) == ["lab/a", "lab/b"]
    files = shelf.store.lxc_files("lab/a")
    shelf.store.remove("lab/b", None)
    assert shelf.store.lxc_files("lab/a") == files
    assert files.rootfs.is_file()


def test_another_tag_than_the_one_there_is_is_not_found(shelf: Shelf) -> None:
    shelf.add("lab/one", root_archive())
    with pytest.raises(ImageNotFound, match="lab/one:9"):
        shelf.store.remove("lab/one", "9")


def test_what_is_no_image_is_refused_and_not_listed(shelf: Shelf) -> None:
    disk = b"QFI\xfb" + bytes(600)
    for content, error in ((b"<html>no such file</html>" * 50, InvalidAnswer), (disk, NotAnImage)):
        with pytest.raises(error, match=r"^lab/one"):
            shelf.add("lab/one", content)
    with pytest.raises(NotAnImage, match=r"neither metadata.yaml or config"):
        shelf.add("lab/one", Archive().file("README", b"hello").tar())
    assert not shelf.store.images()
    assert not (shelf.folder / "lxc/index.json").exists()


def test_an_image_that_is_not_whole_is_set_aside_until_it_is(shelf: Shelf) -> None:
    content = root_archive()
    image = shelf.add("lab/one", content)
    path = shelf.blobs.path(Digest.of(content))
    path.rename(shelf.folder / "elsewhere")
    assert shelf.store.set_aside([Digest.of(content)]) == [image]
    assert not shelf.store.images()
    shelf.reopen()
    assert not shelf.store.images()
    assert shelf.store.references() == {Digest.of(content): ["lab/one"]}
    shelf.add("lab/one", content)
    assert [each.name for each in shelf.store.images()] == ["lab/one"]


def test_the_files_are_made_once(shelf: Shelf) -> None:
    shelf.add("lab/one", root_archive())
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(shelf.store.lxc_files("lab/one"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    made = {(files.rootfs, files.rootfs.stat().st_ino) for files in answers}
    assert len(made) == 1
    shelf.reopen()
    again = shelf.store.lxc_files("lab/one")
    assert (again.rootfs, again.rootfs.stat().st_ino) in made


def test_files_that_were_repaired_are_made_again(shelf: Shelf) -> None:
    content = root_archive()
    shelf.add("lab/one", content)
    before = shelf.store.lxc_files("lab/one").rootfs.stat().st_ino
    path = shelf.blobs.path(Digest.of(content))
    path.unlink()
    shelf.blobs.put(content)
    assert shelf.store.lxc_files("lab/one").rootfs.stat().st_ino != before


def test_one_who_gives_up_does_not_end_it_for_the_others(shelf: Shelf) -> None:
    shelf.add("lab/one", root_archive())
    gate, reached = threading.Event(), threading.Event()

    class Held(Cancellation):
        def check(self) -> None:
            reached.set()
            gate.wait(60)
            super().check()

    first = Held()
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            shelf.store.lxc_files("lab/one", first)
        except Cancelled as error:
            failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    assert reached.wait(60)
    answers: list[Path] = []
    other = threading.Thread(target=lambda: answers.append(shelf.store.lxc_files("lab/one").rootfs))
    other.start()
    first.cancel()
    gate.set()
    for thread in (asking, other):
        thread.join(30)
    assert len(failures) == 1
    assert answers
    assert answers[0].is_file()
    assert [path.name for path in (shelf.folder / "lxc/ready").iterdir()] == [shelf.store.images()[0].id]


def test_closing_ends_what_is_being_made(shelf: Shelf) -> None:
    shelf.add("lab/one", root_archive())
    shelf.store.close()
    with pytest.raises(Cancelled):
        shelf.store.lxc_files("lab/one")


def test_a_full_disk_is_said_before_anything_is_written(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, free=0)
    shelf.add("lab/one", root_archive())
    with pytest.raises(StorageFailure, match=r"lab/one needs .* available"):
        shelf.store.lxc_files("lab/one")
    assert not list((tmp_path / "lxc/ready").iterdir())


def test_leftovers_of_a_crash_go_at_the_start(shelf: Shelf) -> None:
    for name in ("making-1", "f" * 64):
        (shelf.folder / "lxc/ready" / name).mkdir(parents=True)
    shelf.reopen()
    assert not list((shelf.folder / "lxc/ready").iterdir())


def test_removing_an_image_removes_what_was_made_of_it(shelf: Shelf) -> None:
    shelf.add("lab/one", root_archive())
    files = shelf.store.lxc_files("lab/one")
    shelf.store.remove("lab/one", None)
    assert not files.rootfs.exists()
    with pytest.raises(ImageNotFound, match="lab/one"):
        shelf.store.lxc_files("lab/one")


def test_a_damaged_tarball_is_refused(shelf: Shelf) -> None:
    whole = root_archive()
    with pytest.raises(InvalidAnswer, match="lab/one: it is damaged"):
        shelf.add("lab/one", whole[: len(whole) // 2])
    cut = gzip.compress(gzip.decompress(whole)[:1536])
    with pytest.raises(InvalidAnswer, match="lab/one: it ends in the middle"):
        shelf.add("lab/one", cut)


def test_a_file_that_only_begins_like_a_squashfs_is_no_image(shelf: Shelf) -> None:
    with pytest.raises(InvalidAnswer, match="lab/app: not a squashfs image"):
        shelf.add("lab/app", b"hsqs" + bytes(5000))
    assert shelf.store.images() == ()
