"""Engines as stores: opened when they are chosen or still listed, with our copies and what we know of their images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagedepot.errors import StorageFailure
from imagedepot.model.image import ImageType, InstalledImage
from imagedepot.model.stores import EMBEDDED
from imagedepot.service.stores.in_use import Named
from imagedepot.service.stores.memory import StoreMemory

if TYPE_CHECKING:
    from imagedepot.stores.shared.mirrored import MirroredCopies

_NO_COPIES: frozenset[Named] = frozenset()


class EngineStores:
    """`own` are our own stores, `wanted` whether copies are kept in them. No engine is opened before one is chosen."""

    def __init__(self, data: Path, environment: Mapping[str, str], wanted: bool, own: Mapping[ImageType, Any]) -> None:
        self.memory = StoreMemory(data / "stores.json")
        self._data = data
        self._environment = environment
        self._wanted = wanted
        self._own = own
        self._kept: dict[ImageType, MirroredCopies[Any]] = {}

    def at_start(self, type_: ImageType, setting: str) -> list[Any]:
        """The store that the setting chooses, then those that are still listed. Raises `InvalidSetting`.

        The engine of before is listed, too, where the setting was changed while nothing ran.
        """
        remembered = self.memory.of(type_)
        place = self.place_of(type_, setting)
        before = dict.fromkeys([remembered.chosen, *remembered.others])
        others = tuple(each for each in before if each not in ("", EMBEDDED, place))
        if place != EMBEDDED or remembered.chosen:
            with suppress(StorageFailure):  # a full disk must not keep the stores closed; the next start writes it
                self.memory.choose(type_, place, others)
        chosen = self._opened(type_, place)
        self.keep(type_, chosen)
        if place == EMBEDDED:
            self._forget_copies(type_)
        own = [] if place == EMBEDDED else [self._own[type_]]
        return [chosen, *own, *(self._opened(type_, each) for each in others)]

    def place_of(self, type_: ImageType, setting: str) -> str:
        """Raises `InvalidSetting`."""
        if setting != "engine":
            return setting
        from imagedepot.stores.shared.discovery import docker_addresses, first_present, lxc_addresses

        return first_present(
            docker_addresses(self._environment) if type_ is ImageType.DOCKER else lxc_addresses(self._environment)
        )

    def ping(self, type_: ImageType, place: str) -> None:
        """Raises `InvalidSetting`, `StoreUnavailable` when nothing answers there."""
        if place != EMBEDDED:
            with closing(self._opened(type_, place)) as store:
                store.ping()

    def open(self, type_: ImageType, place: str) -> Any:
        """An engine, followed from now on; or our own store."""
        store = self._opened(type_, place)
        if place != EMBEDDED:
            store.start()
        return store

    def close(self, store: Any) -> None:
        store.close()

    def keep(self, type_: ImageType, store: Any) -> None:
        """This store is chosen: copies of what it is given are ours from now on, where they are wanted."""
        if not store.copies_content:
            return
        from imagedepot.stores.shared.mirrored import MirroredCopies

        kept = MirroredCopies(self._own[type_], self._data / f"kept-{type_}.json", self._wanted)
        self._kept[type_] = kept
        store.keep_copies(kept)

    def release(self, type_: ImageType, store: Any) -> None:
        """This store is not chosen any more: what were copies of its images are images of their own."""
        kept = self._kept.pop(type_, None)
        if kept is not None:
            store.keep_copies(None)
            kept.release()

    def want_copies(self, wanted: bool) -> None:
        self._wanted = wanted
        for kept in list(self._kept.values()):
            kept.wanted = wanted

    def adopt(self, type_: ImageType, image: InstalledImage) -> bool:
        """Make an image of our own store a copy of what the chosen engine has; False where none are kept."""
        kept = self._kept.get(type_)
        if kept is None or not kept.wanted:
            return False
        kept.adopt(image.name, image.tag)
        return True

    def copies(self, type_: ImageType) -> frozenset[Named]:
        kept = self._kept.get(type_)
        return kept.names if kept is not None else _NO_COPIES

    def _forget_copies(self, type_: ImageType) -> None:
        """As `release`, where the setting was changed while nothing ran."""
        with suppress(OSError):
            (self._data / f"kept-{type_}.json").unlink()

    def _opened(self, type_: ImageType, place: str) -> Any:
        if place == EMBEDDED:
            return self._own[type_]
        from imagedepot.wiring.stores.engines import (  # late: a bare command does without clients
            docker_engine,
            lxc_engine,
        )

        make: Callable[..., Any] = docker_engine if type_ is ImageType.DOCKER else lxc_engine
        return make(place, self._data, self._environment)
