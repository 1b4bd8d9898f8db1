from __future__ import annotations

from imagedepot.content.transfer.progress import Progress
from imagedepot.model.download import DownloadStatus, Part, PartStatus


def test_parts_are_known_before_their_first_byte_and_keep_their_place() -> None:
    progress = Progress()
    progress.expect([("a", 5), ("b", None)])
    part = progress.part("a")
    part.bytes = 3
    progress.expect([("b", 7), ("a", 9), ("c", 1)])
    assert progress.part("a") is part
    assert progress.snapshot() == (Part("a", 5, 3), Part("b", None), Part("c", 1))


def test_a_finished_part_has_all_its_bytes() -> None:
    progress = Progress()
    part = progress.part("new")
    assert part.size is None
    part.finish(PartStatus.SHARED, 12)
    assert progress.snapshot() == (Part("new", 12, 12, PartStatus.SHARED),)


def test_a_snapshot_stays_as_it_was() -> None:
    progress = Progress()
    progress.expect([("a", 5)])
    before = progress.snapshot()
    progress.part("a").bytes = 5
    assert before[0].bytes == 0
    assert progress.status is DownloadStatus.WAITING
    assert not progress.sized
