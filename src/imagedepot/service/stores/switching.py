"""Choosing another store, and what to do with the images of the one that was chosen before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from imagedepot.errors import Conflict, StoreUnavailable
from imagedepot.model.image import ImageType
from imagedepot.model.stores import StoreStatus
from imagedepot.protocols import Store
from imagedepot.service.stores.in_use import StoresInUse
from imagedepot.service.stores.memory import Work
from imagedepot.service.stores.work import StoreWork, WorkState


class Fate(StrEnum):
    """What becomes of the images of a store that takes no new ones any more."""

    KEEP = "keep"  # where they are, and listed
    MOVE = "move"
    REMOVE = "remove"
    LEAVE = "leave"  # where they are, in an engine, and not listed


_WORK = {Fate.MOVE: Work.MOVE, Fate.REMOVE: Work.REMOVE}


class OpenStores(Protocol):
    """The stores, as they are opened and closed."""

    @property
    def in_use(self) -> StoresInUse: ...

    def status_of(self, store: Store) -> StoreStatus: ...

    def check(self, type_: ImageType, setting: str) -> None:
        """Raises `InvalidSetting`, `StoreUnavailable` when what `setting` names does not answer."""

    def leave(self, store: Store) -> None: ...


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """`images` and their `size` in bytes, None while the store is away; what clients pushed here is counted too."""

    name: str
    status: StoreStatus
    chosen: bool
    images: int | None
    size: int | None


class Switching:
    """`put` changes a setting, by name, which chooses the store at once."""

    def __init__(self, stores: OpenStores, work: StoreWork, put: Callable[[str, str], object]) -> None:
        self._stores = stores
        self._work = work
        self._put = put

    def stores(self) -> Sequence[StoreFacts]:
        """Those that take new images, and all others that hold some or are engines that are still listed."""
        in_use = self._stores.in_use
        return [
            facts
            for store in in_use.all
            for facts in [self._facts(in_use, store)]
            if facts.chosen or facts.images != 0 or store.copies_content
        ]

    def work(self) -> Sequence[WorkState]:
        return self._work.states()

    def use(self, type_: ImageType, setting: str, fate: Fate) -> None:
        """From now on new images of this type go to the store that `setting` names.

        Raises `InvalidSetting`, `StoreUnavailable`, `StorageFailure`, and `Conflict` while images are being moved, or
        where the setting is fixed by the environment.
        """
        in_use = self._stores.in_use
        self._work.check(type_)
        before = in_use.chosen(type_)
        if fate is Fate.LEAVE and not before.copies_content:
            raise Conflict("Only an engine's images can be left to it: ours are kept, moved or removed")
        self._stores.check(type_, setting)
        if fate in _WORK:
            self._work.intend(before, _WORK[fate])
        try:
            self._put(f"IMAGEDEPOT_{type_.upper()}", setting)
        except BaseException:
            self._work.forget(type_)
            raise
        if in_use.chosen(type_) is before:
            self._work.forget(type_)
        else:
            self._decide(before, fate)

    def decide(self, type_: ImageType, name: str, fate: Fate) -> None:
        """What becomes of the images of a store that is not chosen. Raises `NotFound`, `Conflict`, `StorageFailure`."""
        store = self._stores.in_use.named(type_, name)
        self._work.check(type_)
        if store is self._stores.in_use.chosen(type_):
            raise Conflict(f"New {type_} images go to {name}: choose another store first")
        if fate is Fate.LEAVE and not store.copies_content:
            raise Conflict("Only an engine's images can be left to it: ours are kept, moved or removed")
        self._decide(store, fate)

    def stop(self, type_: ImageType) -> None:
        """Stop moving or removing; what has been done stays so. Raises `NotFound`, `StorageFailure`."""
        self._work.stop(type_)

    def _decide(self, store: Store, fate: Fate) -> None:
        if fate is Fate.LEAVE:
            self._stores.leave(store)
        elif fate in _WORK:
            self._work.begin(store, _WORK[fate])

    def _facts(self, in_use: StoresInUse, store: Store) -> StoreFacts:
        status = self._stores.status_of(store)
        is_chosen = store is in_use.chosen(store.type)
        try:
            images = in_use.images_of(store) if status.available else None
        except StoreUnavailable:
            images = None
        count = None if images is None else len(images)
        size = None if images is None else sum(each.size for each in images)
        return StoreFacts(in_use.name_of(store), status, is_chosen, count, size)
