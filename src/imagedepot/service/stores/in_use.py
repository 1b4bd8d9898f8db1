"""The stores of this moment: one of each type takes new images, and others still hold some."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from imagedepot.errors import NotFound
from imagedepot.model.image import ImageType, InstalledImage
from imagedepot.model.stores import EMBEDDED
from imagedepot.protocols import LxcStore, OciStore, Store

Named = tuple[str, str]


def place_of(store: Store) -> str:
    """What tells a store from all others, whether its engine answers or not: its address, or `embedded`."""
    return store.address or EMBEDDED


class StoresInUse:
    """`oci` and `lxc` take new images. Each answer is of this moment: the choice changes at run time."""

    def __init__(
        self,
        oci: OciStore,
        lxc: LxcStore,
        other_oci: Sequence[OciStore] = (),
        other_lxc: Sequence[LxcStore] = (),
        copies: Callable[[ImageType], frozenset[Named]] = lambda _: frozenset(),
    ) -> None:
        """`copies`: the images of our own store that are only copies of what the chosen engine has."""
        self.copies = copies
        self._oci: tuple[OciStore, ...] = (oci, *other_oci)
        self._lxc: tuple[LxcStore, ...] = (lxc, *other_lxc)
        self._watched: list[tuple[Callable[[], None], dict[int, AbstractContextManager[None]]]] = []
        self._lock = threading.Lock()

    @property
    def oci(self) -> OciStore:
        return self._oci[0]

    @property
    def lxc(self) -> LxcStore:
        return self._lxc[0]

    @property
    def every_oci(self) -> Sequence[OciStore]:
        return self._oci

    @property
    def every_lxc(self) -> Sequence[LxcStore]:
        return self._lxc

    def chosen(self, type_: ImageType) -> Store:
        return self.of(type_)[0]

    def others(self, type_: ImageType) -> Sequence[Store]:
        return self.of(type_)[1:]

    def of(self, type_: ImageType) -> Sequence[Store]:
        """The chosen one, then the others."""
        return self._oci if type_ is ImageType.DOCKER else self._lxc

    @property
    def all(self) -> Sequence[Store]:
        return [*self._oci, *self._lxc]

    def named(self, type_: ImageType, name: str) -> Store:
        """By what rows call it, or by its place. Raises `NotFound`."""
        for store in self.of(type_):
            if name in (self.name_of(store), place_of(store)):
                return store
        raise NotFound(f"There is no store {name[:200]!r} with {type_} images")

    def oci_at(self, place: str) -> OciStore:
        """Raises `NotFound`."""
        for store in self._oci:
            if place_of(store) == place:
                return store
        raise NotFound(f"No store at {place[:200]} is in use any more")

    def lxc_at(self, place: str) -> LxcStore:
        """Raises `NotFound`."""
        for store in self._lxc:
            if place_of(store) == place:
                return store
        raise NotFound(f"No store at {place[:200]} is in use any more")

    def name_of(self, store: Store) -> str:
        """What rows call it: its kind, or its address where an earlier one is of the same kind."""
        before = [each for each in self.of(store.type) if each.kind == store.kind]
        return store.kind if not before or before[0] is store else place_of(store)

    def images_of(self, store: Store) -> Sequence[InstalledImage]:
        """Its images as rows show them, without copies. Raises `StoreUnavailable`."""
        return self.shown(store, store.images())

    def shown(self, store: Store, images: Sequence[InstalledImage]) -> Sequence[InstalledImage]:
        """The same images, where nothing has to be changed."""
        copies = self.copies(store.type) if place_of(store) == EMBEDDED and store is not self.chosen(store.type) else ()
        if copies:
            images = [each for each in images if (each.name, each.tag) not in copies]
        name = self.name_of(store)
        return images if name == store.kind else [replace(each, store=name) for each in images]

    def choose_oci(self, store: OciStore, others: Sequence[OciStore]) -> None:
        self._oci = (store, *others)
        self._follow()

    def choose_lxc(self, store: LxcStore, others: Sequence[LxcStore]) -> None:
        self._lxc = (store, *others)
        self._follow()

    @contextmanager
    def watch(self, changed: Callable[[], None]) -> Iterator[None]:
        """Call `changed` after each change in any of the stores, and after each change of what is in use."""
        watched: tuple[Callable[[], None], dict[int, AbstractContextManager[None]]] = (changed, {})
        with self._lock:
            self._watched.append(watched)
            self._update(watched)
        try:
            yield
        finally:
            with self._lock:
                self._watched.remove(watched)
                for each in watched[1].values():
                    each.__exit__(None, None, None)

    def _follow(self) -> None:
        with self._lock:
            for watched in self._watched:
                self._update(watched)
            callbacks = [changed for changed, _ in self._watched]
        for changed in callbacks:
            changed()

    def _update(self, watched: tuple[Callable[[], None], dict[int, AbstractContextManager[None]]]) -> None:
        changed, following = watched
        stores = {id(store): store for store in self.all}
        for key in [each for each in following if each not in stores]:
            following.pop(key).__exit__(None, None, None)
        for key, store in stores.items():
            if key not in following:
                watching = store.watch(changed)
                watching.__enter__()
                following[key] = watching
