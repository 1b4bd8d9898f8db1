"""Builds the verification of blobs and the repair of damaged ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from imagedepot.content.verify import Problem, Verifier
from imagedepot.model.digest import Digest
from imagedepot.model.image import InstalledImage
from imagedepot.protocols import Store
from imagedepot.service.repair import Repair
from imagedepot.service.stores.in_use import StoresInUse
from imagedepot.stores.embedded.lxc import EmbeddedLxcStore
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from imagedepot.wiring.cold import Cold


def open_repair(cold: Cold, found: Callable[[Sequence[tuple[Problem, bool]]], object] = lambda _: None) -> Repair:
    stores = cold.stores
    verifier = Verifier(cold.blobs, stores.all_references, stores.collector.unnamed)
    own = [_Own(stores.embedded_oci, stores.in_use), _Own(stores.embedded_lxc, stores.in_use)]
    into_own = cold.pipeline.into(StoresInUse(stores.embedded_oci, stores.embedded_lxc))
    return Repair(
        verifier,
        cold.blobs,
        lambda: own,
        lambda: _with_copies(stores.in_use),
        cold.upstreams.depots,
        cold.pipeline,
        into_own,
        found,
    )


class _Own:
    """A store of ours, as far as its images are no copies: those come back with the images of the engine."""

    def __init__(self, store: EmbeddedOciStore | EmbeddedLxcStore, in_use: StoresInUse) -> None:
        self._store = store
        self._in_use = in_use

    def set_aside(self, broken: Collection[Digest]) -> Sequence[InstalledImage]:
        copies = self._in_use.copies(self._store.type)
        return [each for each in self._store.set_aside(broken) if (each.name, each.tag) not in copies]


def _with_copies(in_use: StoresInUse) -> Sequence[Store]:
    """The chosen engines of which we keep copies."""
    chosen = [in_use.oci, in_use.lxc]
    return [store for store in chosen if store.copies_content and in_use.copies(store.type)]
