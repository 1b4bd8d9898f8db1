"""The stores that the settings choose, one for docker and one for lxc, and those that still hold images of before."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from imagedepot.config import Settings
from imagedepot.content.gc import GarbageCollector
from imagedepot.content.index.oci_layout import Layout
from imagedepot.content.unnamed import Unnamed
from imagedepot.database.stored import ended_downloads
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageType, InstalledImage
from imagedepot.protocols import Blobs, Store
from imagedepot.service.rebuild import Rebuild
from imagedepot.service.stores.in_use import StoresInUse, place_of
from imagedepot.stores.embedded.lxc import EmbeddedLxcStore
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from imagedepot.wiring.blobs import LAYOUT
from imagedepot.wiring.database import place_of as database_of
from imagedepot.wiring.stores.engine_stores import EngineStores

if TYPE_CHECKING:
    from imagedepot.cancellation import Cancellation
    from imagedepot.model.names.reference import Reference
    from imagedepot.model.stores import SeenEngine, StoreStatus
    from imagedepot.wiring.fleet import Fleet

_FIRST_LOOK_SECONDS = 1.0
_TOLD_SECONDS = 10.0


@runtime_checkable
class Followed(Protocol):
    """A store over a daemon, whose changes it follows between `start` and `close`."""

    kind: str
    version: str
    address: str

    def start(self) -> None: ...

    def close(self) -> None: ...

    def ping(self) -> None:
        """Raises a `DepotError` when the daemon does not answer now."""

    def absence(self, seconds: float) -> str | None:
        """Why the daemon is away; None when it is there. Waits so long for the first look at it."""


class Stores:
    """`in_use` says which store of each type takes new images, and which others still hold some; the embedded ones are
    there in any case."""

    def __init__(
        self,
        in_use: StoresInUse,
        embedded_oci: EmbeddedOciStore,
        embedded_lxc: EmbeddedLxcStore,
        collector: GarbageCollector,
        unnamed: Unnamed,
        engines: EngineStores,
        environment: Mapping[str, str],
    ) -> None:
        self.in_use = in_use
        self.embedded_oci = embedded_oci
        self.embedded_lxc = embedded_lxc
        self.collector = collector
        self.memory = engines.memory
        self._unnamed = unnamed
        self._engines = engines
        self._environment = environment
        self._choosing = threading.Lock()
        self._more_references: list[Callable[[], Mapping[Digest, Sequence[str]]]] = []
        self._seen: Sequence[SeenEngine] = ()
        self._others: list[Callable[[], Mapping[Digest, Sequence[str]]]] = []
        self._teller = threading.Thread(target=self._tell, name="stores-seen", daemon=True)

    def references(self) -> Mapping[Digest, Sequence[str]]:
        """For each blob of our own stores, the images that need it."""
        found = {digest: list(users) for digest, users in self.embedded_oci.references().items()}
        for digest, users in self.embedded_lxc.references().items():
            found.setdefault(digest, []).extend(users)
        for others in self._others:
            for digest, named in others().items():
                known = found.setdefault(digest, [])
                known += [each for each in named if each not in known]
        return found

    def also_needed_by(self, references: Callable[[], Mapping[Digest, Sequence[str]]]) -> None:
        """`references` returns what else needs blobs, by familiar references, from now on."""
        self._others.append(references)

    def all_references(self) -> Mapping[Digest, Sequence[str]]:
        """As `references`, with what others than our own stores need."""
        found = {digest: list(users) for digest, users in self.references().items()}
        for each in self._more_references:
            for digest, users in each().items():
                found.setdefault(digest, []).extend(users)
        return found

    def also_referenced(self, references: Callable[[], Mapping[Digest, Sequence[str]]]) -> None:
        """Also count what `references` returns as needed from now on, with the names of who needs it."""
        self._more_references.append(references)

    def forget_unnamed(self) -> None:
        """Keep no longer what lost its name with an index: the next clean-up takes it. Raises `StorageFailure`."""
        self.embedded_oci.forget_unnamed()
        self._unnamed.forget()

    def status(self) -> Sequence[StoreStatus]:
        """Of those that take new images. Asks no engine: what is known of each by its events."""
        return [_status(type_, self.in_use.chosen(type_), _FIRST_LOOK_SECONDS) for type_ in ImageType]

    def status_of(self, store: Store) -> StoreStatus:
        """The same of one."""
        return _status(store.type, store, _FIRST_LOOK_SECONDS)

    def choose(self, type_: ImageType, setting: str) -> None:
        """From now on new images go to the store that `setting` names; that of before stays listed.

        Raises `InvalidSetting`, `StorageFailure`.
        """
        with self._choosing:
            place = self.place_of(type_, setting)
            if place != place_of(self.in_use.chosen(type_)):
                self._choose(type_, place)

    def place_of(self, type_: ImageType, setting: str) -> str:
        """What a setting means at this moment. Raises `InvalidSetting`."""
        return self._engines.place_of(type_, setting)

    def check(self, type_: ImageType, setting: str) -> None:
        """Whether what `setting` names answers now. Raises `InvalidSetting`, `StoreUnavailable`."""
        place = self.place_of(type_, setting)
        if all(place_of(each) != place for each in self.in_use.of(type_)):
            self._engines.ping(type_, place)

    def leave(self, store: Store) -> None:
        """List the images of an engine no longer; they stay where they are. Raises `StorageFailure`."""
        with self._choosing:
            if store.copies_content and store in self.in_use.others(store.type):
                self._put(store.type, [each for each in self.in_use.of(store.type) if each is not store])
                self._engines.close(store)

    def let_go(self, store: Store, image: InstalledImage) -> None:
        """The chosen store has this image now: remove it here, or make it a copy where copies are kept.

        Raises `ImageNotFound`, `Conflict`, `StoreUnavailable`.
        """
        if store.copies_content or not self._engines.adopt(store.type, image):
            store.remove(image.name, image.tag)

    def _choose(self, type_: ImageType, place: str) -> None:
        before = self.in_use.of(type_)
        store = next((each for each in before if place_of(each) == place), None) or self._engines.open(type_, place)
        self._engines.release(type_, before[0])
        self._put(type_, [store, *(each for each in before if each is not store)])
        self._engines.keep(type_, store)

    def _put(self, type_: ImageType, stores: Sequence[Any]) -> None:
        chosen, *others = stores
        engines = tuple(place_of(each) for each in others if each.copies_content)
        self.memory.choose(type_, place_of(chosen), engines)
        if type_ is ImageType.DOCKER:
            self.in_use.choose_oci(chosen, others)
        else:
            self.in_use.choose_lxc(chosen, others)

    def seen(self) -> Sequence[SeenEngine]:
        """Engines that answered at start and are not chosen; none before `tell` has asked them."""
        return self._not_chosen(self._seen)

    def look(self) -> Sequence[SeenEngine]:
        """Ask now which engines answer and are not chosen."""
        return self._not_chosen(self._answering())

    def load_into(self, address: str, archive: Iterable[bytes], reference: Reference, flag: Cancellation) -> None:
        """As `stores.docker.loader.load_into`."""
        from imagedepot.stores.docker.loader import load_into  # late: as above

        load_into(address, self._environment, archive, reference, flag)

    def keep(self, wanted: bool) -> None:
        """Set whether our own stores keep a copy of what an engine is given, from the next image on."""
        self._engines.want_copies(wanted)

    def tell(self) -> None:
        """Log which stores are in use, and look in the background for engines that are not."""
        self._teller.start()

    def start(self) -> None:
        for store in self._followed():
            store.start()

    def close(self) -> None:
        self.embedded_lxc.close()
        for store in self._followed():
            store.close()
        if self._teller.is_alive():
            self._teller.join(_FIRST_LOOK_SECONDS)

    def _followed(self) -> list[Followed]:
        return [store for store in self.in_use.all if isinstance(store, Followed)]

    def _answering(self) -> Sequence[SeenEngine]:
        from imagedepot.stores.shared.discovery import seen_engines  # late: few commands look for engines

        return tuple(seen_engines(self._environment, ()))

    def _not_chosen(self, engines: Sequence[SeenEngine]) -> Sequence[SeenEngine]:
        chosen = {place_of(self.in_use.chosen(type_)) for type_ in ImageType}
        return [engine for engine in engines if engine.address not in chosen]

    def _tell(self) -> None:
        # Late: only the service looks for engines that are not in use, and logs.
        import logging

        log = logging.getLogger(__name__)
        for type_ in ImageType:
            status = _status(type_, self.in_use.chosen(type_), _TOLD_SECONDS)
            log.log(logging.INFO if status.available else logging.WARNING, "%s", status)
        self._seen = self._answering()
        for engine in self.seen():
            log.info("%s", engine)


@contextmanager
def open_stores(
    settings: Settings, blobs: Blobs, environment: Mapping[str, str] = os.environ, fleet: Fleet | None = None
) -> Iterator[Stores]:
    """`environment` names engines, as for their own commands; nodes of a `fleet` share the indexes of our own stores.
    Raises `InvalidSetting`."""
    data = settings.data_dir
    unnamed = Unnamed(data / "unnamed")
    collector = GarbageCollector(blobs, unnamed=lambda: (*unnamed.digests, *embedded.unnamed()))
    if fleet is None:
        embedded = EmbeddedOciStore(blobs, Layout(data / LAYOUT), collector.sweep)
        embedded_lxc = EmbeddedLxcStore(blobs, data / "lxc", DiskSpace(data), collector.sweep)
    else:
        from imagedepot.wiring.stores.shared_stores import adopt, shared_lxc, shared_oci  # late: they need the extra

        adopt(fleet, data)
        embedded = shared_oci(fleet, blobs, collector)
        embedded_lxc = shared_lxc(fleet, blobs, collector, data)
    collector.also(embedded.roots)
    collector.also(embedded_lxc.roots)
    Rebuild(blobs, embedded, embedded_lxc, unnamed, lambda: ended_downloads(database_of(settings))).run()
    own = {ImageType.DOCKER: embedded, ImageType.LXC: embedded_lxc}
    engines = EngineStores(data, environment, settings.keep_blobs, own)
    docker, lxc = engines.at_start(ImageType.DOCKER, settings.docker), engines.at_start(ImageType.LXC, settings.lxc)
    in_use = StoresInUse(docker[0], lxc[0], docker[1:], lxc[1:], engines.copies)
    stores = Stores(in_use, embedded, embedded_lxc, collector, unnamed, engines, environment)
    stores.start()
    try:
        yield stores
    finally:
        stores.close()


def _status(type_: ImageType, store: Store, seconds: float) -> StoreStatus:
    from imagedepot.model.stores import StoreStatus

    if not isinstance(store, Followed):
        return StoreStatus(type_, store.kind)
    reason = store.absence(seconds)
    return StoreStatus(type_, store.kind, store.address, store.version or None, reason is None, reason)
