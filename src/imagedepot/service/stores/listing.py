"""What is in all stores of one type as one list, the same object until something changes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from imagedepot.errors import StoreUnavailable
from imagedepot.model.image import ImageType, InstalledImage
from imagedepot.service.stores.in_use import StoresInUse


class AllImages:
    """By name, then tag; of two with one name that of the chosen store first."""

    def __init__(self, stores: StoresInUse) -> None:
        self._stores = stores
        self._joined: dict[ImageType, tuple[tuple[object, ...], Sequence[InstalledImage]]] = {}

    def now(self, type_: ImageType) -> Sequence[InstalledImage]:
        """Raises `StoreUnavailable` when the chosen store is away; another one that is away has no rows meanwhile."""
        chosen, *others = self._stores.of(type_)
        snapshots = [chosen.images()]
        for other in others:
            found: Sequence[InstalledImage] = ()
            with suppress(StoreUnavailable):
                found = other.images()
            snapshots.append(found)
        return self._join(type_, snapshots)

    def at_hand(self, type_: ImageType) -> Sequence[InstalledImage] | None:
        """As `now`, but None where the chosen store has to be waited for: never waits, never raises."""
        chosen, *others = self._stores.of(type_)
        images = chosen.at_hand()
        if images is None:
            return None
        return self._join(type_, [images, *(other.at_hand() or () for other in others)])

    def _join(self, type_: ImageType, snapshots: Sequence[Sequence[InstalledImage]]) -> Sequence[InstalledImage]:
        if not any(snapshots[1:]):
            return snapshots[0]
        stores, copies = self._stores.of(type_), self._stores.copies(type_)
        made_of = (stores, copies, *snapshots)
        before, joined = self._joined.get(type_, ((), ()))
        if len(before) == len(made_of) and all(map(lambda a, b: a is b, before, made_of)):
            return joined
        rows = [
            each for store, images in zip(stores, snapshots, strict=False) for each in self._stores.shown(store, images)
        ]
        joined = tuple(sorted(rows, key=lambda each: (each.name, each.tag)))
        self._joined[type_] = (made_of, joined)
        return joined
