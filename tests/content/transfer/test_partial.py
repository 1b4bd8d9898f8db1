"""A file on its way: its size is the truth, its hash goes with it."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.partial import Partial
from imagedepot.errors import Cancelled, StorageFailure
from imagedepot.model.digest import Digest

BODY = bytes(range(256)) * 2000
DIGEST = Digest.of(BODY)


def opened(path: Path, digest: Digest | None = DIGEST) -> Partial:
    return Partial(path, digest, Cancellation())


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_bytes_and_hash_go_together_over_several_processes(tmp_path: Path, algorithm: str) -> None:
    digest = Digest.of(BODY, algorithm)
    path = tmp_path / "key"
    for start in range(0, len(BODY), 200_000):
        with opened(path, digest) as partial:
            assert partial.offset == start
            partial.write(memoryview(BODY[start : start + 200_000]))
            partial.sync()
            assert partial.digest() == Digest.of(BODY[: start + 200_000], algorithm)
    assert path.read_bytes() == BODY


def test_a_restart_throws_everything_away(tmp_path: Path) -> None:
    with opened(tmp_path / "key") as partial:
        partial.write(memoryview(b"wrong"))
        partial.restart()
        assert (partial.offset, partial.path.stat().st_size) == (0, 0)
        partial.write(memoryview(BODY))
        assert partial.digest() == Digest.of(BODY)
    assert partial.path.read_bytes() == BODY


def test_without_a_digest_only_a_validator_lets_it_go_on(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"of whom?")
    with opened(path, None) as partial:
        assert partial.offset == 0
        partial.note('"v1"')
        partial.write(memoryview(b"first"))
    with opened(path, None) as partial:
        assert (partial.offset, partial.validator) == (5, '"v1"')
        partial.note(None)
    with opened(path, None) as partial:
        assert (partial.offset, partial.validator) == (0, None)
    assert not path.with_name("key.json").exists()


@pytest.mark.parametrize("note", ["", "{", "[]", '{"validator": 5}', '{"validator": null}', "\x00"])
def test_a_broken_note_starts_over(tmp_path: Path, note: str) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"some")
    path.with_name("key.json").write_text(note)
    with opened(path, None) as partial:
        assert (partial.offset, partial.validator) == (0, None)


def test_cancelling_ends_the_look_at_what_is_here(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(BODY)
    cancellation = Cancellation()
    cancellation.cancel()
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(Cancelled):
        Partial(path, DIGEST, cancellation)
    assert path.read_bytes() == BODY
    assert len(list(Path("/proc/self/fd").iterdir())) == before, "the file is closed"


def test_a_failed_write_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageFailure, match=r"^Cannot write to the data folder: "):
        opened(tmp_path)


def test_room_ahead_changes_no_size_and_is_given_back(tmp_path: Path) -> None:
    piece = memoryview(bytes(1 << 20))
    with opened(tmp_path / "key") as partial:
        partial.expect(1 << 30)
        for count in range(1, 21):
            partial.write(piece)
            assert partial.path.stat().st_size == count << 20, "the size is the truth about what is here"
    assert partial.path.stat().st_blocks * 512 <= 21 << 20
    with opened(tmp_path / "key") as partial:
        assert partial.offset == 20 << 20


def test_a_file_system_without_room_ahead_takes_the_bytes_all_the_same() -> None:
    with opened(Path("/dev/shm") / f"imagedepot-test-{uuid4()}") as partial:
        try:
            partial.expect(40 << 20)
            for _ in range(10):
                partial.write(memoryview(bytes(1 << 20)))
            partial.sync()
            assert partial.path.stat().st_size == 10 << 20
        finally:
            partial.path.unlink()
