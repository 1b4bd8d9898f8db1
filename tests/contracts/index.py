"""What every index of names promises (`imagedepot.protocols.Index`). A new index's test is a subclass with one
fixture."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from imagedepot.model.digest import Digest
from imagedepot.model.platform import Platform
from imagedepot.protocols import Entry, Index


def entry(number: int, **facts: str) -> Entry:
    digest = Digest.of(str(number).encode())
    return Entry(f"docker.io/lab/app:{number}", digest, 7, Platform.parse("linux/arm/v6"), facts, {"who": "others"})


class IndexContract:
    """Subclasses give the fixture `index`, empty."""

    def test_an_empty_index_names_nothing_and_lost_nothing(self, index: Index) -> None:
        assert (dict(index.entries), list(index.strangers), list(index.unnamed), index.loss) == ({}, [], [], "")

    def test_a_name_means_what_was_put_last(self, index: Index) -> None:
        again = replace(entry(1), digest=Digest.of(b"newer"))
        for each in (entry(1, note="ü"), entry(2), again):
            index.put(each)
        assert dict(index.entries) == {again.name: again, entry(2).name: entry(2)}

    def test_entries_are_another_object_after_each_change(self, index: Index) -> None:
        before = index.entries
        index.put(entry(1))
        assert index.entries is not before
        assert dict(before) == {}, "what was read does not change"

    def test_a_swap_needs_the_entry_that_was_seen(self, index: Index) -> None:
        first, second = entry(1, round="1"), entry(1, round="2")
        assert not index.swap(first, second), "the name means nothing yet"
        assert index.swap(None, first)
        assert not index.swap(None, second)
        assert index.entries[first.name] == first
        assert index.swap(entry(1, round="1"), second), "an equal entry is the same one"
        assert index.entries[first.name] == second

    def test_no_swap_is_lost_among_many_writers(self, index: Index) -> None:
        index.put(entry(1, count="0"))
        together = threading.Barrier(4)

        def add(_: int) -> None:
            together.wait(30)
            while True:
                seen = index.entries[entry(1).name]
                if index.swap(seen, replace(seen, facts={"count": str(int(seen.facts["count"]) + 1)})):
                    return

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(add, range(4)))
        assert index.entries[entry(1).name].facts == {"count": "4"}

    def test_names_go_together_and_unknown_ones_do_not_matter(self, index: Index) -> None:
        for number in (1, 2, 3):
            index.put(entry(number))
        index.remove([entry(1).name, entry(3).name, "docker.io/lab/none:1"])
        assert list(index.entries) == [entry(2).name]

    def test_watchers_are_called_after_each_change_and_not_without_one(self, index: Index) -> None:
        seen: list[list[str]] = []
        with index.watch(lambda: seen.append(sorted(index.entries))):
            index.put(entry(1))
            index.swap(entry(2), entry(2))
            index.swap(None, entry(2))
            index.remove([entry(1).name])
        index.put(entry(3))
        assert seen == [[entry(1).name], [entry(1).name, entry(2).name], [entry(2).name]]

    def test_a_rebuilt_index_keeps_some_names_and_manifests_without_one(self, index: Index) -> None:
        for number in (1, 2):
            index.put(entry(number))
        index.rebuilt([entry(1).name], {entry(2).digest: 7, entry(3).digest: 7})
        assert list(index.entries) == [entry(1).name]
        assert set(index.unnamed) == {entry(2).digest, entry(3).digest}
        index.put(entry(2))
        assert set(index.unnamed) == {entry(3).digest}, "what has a name again is not unnamed"
        index.forget_unnamed()
        assert list(index.unnamed) == []
        assert len(index.entries) == 2
