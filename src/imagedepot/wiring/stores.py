"""The stores that the settings choose: one for docker and one for lxc; only the settings change that."""

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
from imagedepot.model.image import ImageType
from imagedepot.protocols import Blobs, LxcStore, OciStore, Store
from imagedepot.service.rebuild import Rebuild
from imagedepot.stores.embedded.lxc import EmbeddedLxcStore
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from imagedepot.wiring.blobs import LAYOUT
from imagedepot.wiring.database import place_of

if TYPE_CHECKING:
    from imagedepot.cancellation import Cancellation
    from imagedepot.model.names.reference import Reference
    from imagedepot.model.stores import SeenEngine, StoreStatus
    from imagedepot.stores.shared.mirrored import MirroredCopies
    from imagedepot.wiring.fleet import Fleet

EMBEDDED = "embedded"
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
    """`oci` and `lxc` are the stores that images are installed in; the embedded ones are there in any case."""

    def __init__(
        self,
        oci: OciStore,
        lxc: LxcStore,
        embedded_oci: EmbeddedOciStore,
        embedded_lxc: EmbeddedLxcStore,
        collector: GarbageCollector,
        unnamed: Unnamed,
        kept: Sequence[MirroredCopies[Any]],
        environment: Mapping[str, str],
    ) -> None:
        self.oci = oci
        self.lxc = lxc
        self.by_type: Mapping[ImageType, Store] = {ImageType.DOCKER: oci, ImageType.LXC: lxc}
        self.embedded_oci = embedded_oci
        self.embedded_lxc = embedded_lxc
        self.collector = collector
        self._unnamed = unnamed
        self._kept = kept
        self._environment = environment
        self._more_references: list[Callable[[], Mapping[Digest, Sequence[str]]]] = []
        self._seen: tuple[SeenEngine, ...] = ()
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

    @property
    def own(self) -> Sequence[EmbeddedOciStore | EmbeddedLxcStore]:
        """The embedded stores that images are installed in."""
        own: tuple[EmbeddedOciStore | EmbeddedLxcStore, ...] = (self.embedded_oci, self.embedded_lxc)
        return [store for store in own if store in self.by_type.values()]

    @property
    def engines(self) -> Sequence[Store]:
        """The stores of daemons."""
        return [store for store in self.by_type.values() if store.copies_content]

    def forget_unnamed(self) -> None:
        """Keep no longer what lost its name with an index: the next clean-up takes it. Raises `StorageFailure`."""
        self.embedded_oci.forget_unnamed()
        self._unnamed.forget()

    def status(self) -> Sequence[StoreStatus]:
        """The status of each store, as known from its events; no engine is asked."""
        return [_status(type_, store, _FIRST_LOOK_SECONDS) for type_, store in self.by_type.items()]

    def seen(self) -> Sequence[SeenEngine]:
        """Engines that answered at start and are not chosen; none before `tell` has asked them."""
        return self._seen

    def look(self) -> Sequence[SeenEngine]:
        """Ask now which engines answer and are not chosen."""
        from imagedepot.stores.shared.discovery import seen_engines  # late: few commands look for engines

        return tuple(seen_engines(self._environment, [store.address for store in self._followed()]))

    def load_into(self, address: str, archive: Iterable[bytes], reference: Reference, flag: Cancellation) -> None:
        """As `stores.docker.loader.load_into`."""
        from imagedepot.stores.docker.loader import load_into  # late: as above

        load_into(address, self._environment, archive, reference, flag)

    def keep(self, wanted: bool) -> None:
        """Set whether our own stores keep a copy of what an engine is given, from the next image on."""
        for each in self._kept:
            each.wanted = wanted

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
        return [store for store in self.by_type.values() if isinstance(store, Followed)]

    def _tell(self) -> None:
        # Late: only the service looks for engines that are not in use, and logs.
        import logging

        log = logging.getLogger(__name__)
        for type_, store in self.by_type.items():
            status = _status(type_, store, _TOLD_SECONDS)
            log.log(logging.INFO if status.available else logging.WARNING, "%s", status)
        self._seen = tuple(self.look())
        for engine in self._seen:
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
        from imagedepot.wiring.shared_stores import adopt, shared_lxc, shared_oci  # late: they need the extra

        adopt(fleet, data)
        embedded = shared_oci(fleet, blobs, collector)
        embedded_lxc = shared_lxc(fleet, blobs, collector, data)
    collector.also(embedded.roots)
    collector.also(embedded_lxc.roots)
    Rebuild(blobs, embedded, embedded_lxc, unnamed, lambda: ended_downloads(place_of(settings))).run()
    docker: OciStore = embedded
    lxc: LxcStore = embedded_lxc
    kept: list[MirroredCopies[Any]] = []
    if settings.docker != EMBEDDED:
        from imagedepot.stores.shared.mirrored import MirroredCopies
        from imagedepot.wiring.engines import docker_engine  # late: a bare command should not wait for their clients

        kept.append(MirroredCopies(embedded, data / "kept-docker.json", settings.keep_blobs))
        docker = docker_engine(settings.docker, data, environment, kept[-1])
    if settings.lxc != EMBEDDED:
        from imagedepot.stores.shared.mirrored import MirroredCopies
        from imagedepot.wiring.engines import lxc_engine

        kept.append(MirroredCopies(embedded_lxc, data / "kept-lxc.json", settings.keep_blobs))
        lxc = lxc_engine(settings.lxc, data, environment, kept[-1])
    stores = Stores(docker, lxc, embedded, embedded_lxc, collector, unnamed, kept, environment)
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
