"""Rebuilds a lost index: from its copy, from ended downloads, and from manifests among the blobs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from imagedepot.content.unnamed import Unnamed
from imagedepot.errors import DepotError
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, Resolved, ResolvedLxc, ResolvedOci
from imagedepot.protocols import Blobs
from imagedepot.stores.embedded.lxc import EmbeddedLxcStore
from imagedepot.stores.embedded.oci import EmbeddedOciStore

_log = logging.getLogger(__name__)
EndedDownloads = Callable[[], Sequence[tuple[ImageRequest, Resolved]]]


class Rebuild:
    """Runs at a start, before anything else uses the stores. `ended` returns the downloads that went well, the latest
    last."""

    def __init__(
        self,
        blobs: Blobs,
        oci: EmbeddedOciStore,
        lxc: EmbeddedLxcStore,
        unnamed: Unnamed,
        ended: EndedDownloads,
    ) -> None:
        self._blobs = blobs
        self._oci = oci
        self._lxc = lxc
        self._unnamed = unnamed
        self._ended = ended

    def run(self) -> None:
        """Does nothing while no index is lost. Raises `StorageFailure`.

        Every blob is kept before an index is written: a kill in the middle must not leave a new index over blobs that
        the next clean-up would take.
        """
        oci_loss, lxc_loss = self._oci.loss, self._lxc.loss or self._lxc_loss()
        if oci_loss or lxc_loss:
            self._unnamed.keep(frozenset(self._blobs.all()))
            if oci_loss:
                self._oci.begin_rebuild()
            if lxc_loss:
                self._lxc.begin_rebuild()
            for request, resolved in reversed(self._ended()):
                self._install(request, resolved, bool(oci_loss), bool(lxc_loss))
            if oci_loss:
                self._oci.keep_unnamed(self._left())
        if self._unnamed.digests:
            self._unnamed.discard(self._named())
        for store, loss in ((self._oci, oci_loss), (self._lxc, lxc_loss)):
            if loss:
                self._report(store, loss)

    def _lxc_loss(self) -> str:
        """Where its whole folder is gone only the downloads tell that there was an index. They are asked once."""
        if not self._lxc.is_new or next(self._blobs.all(), None) is None:
            return ""
        here = any(
            isinstance(resolved, ResolvedLxc) and (files := _files(resolved)) and all(map(self._blobs.has, files))
            for _, resolved in self._ended()
        )
        if not here:
            self._lxc.begin_rebuild()
        return "is missing" if here else ""

    def _install(self, request: ImageRequest, resolved: Resolved, oci_lost: bool, lxc_lost: bool) -> None:
        """Install an image, if all of it is here and its name does not mean a later one already."""
        files = _files(resolved)
        if not files or not all(map(self._blobs.has, files)):
            return
        try:
            if isinstance(resolved, ResolvedLxc):
                if lxc_lost and not self._lxc.is_whole(request.name):
                    self._lxc.install(request, resolved, self._blobs, files, lambda *_: None)
            elif oci_lost and not self._oci.is_whole(str(resolved.reference)):
                self._oci.install(request, resolved, self._blobs, files, lambda *_: None)
        except DepotError as error:
            _log.warning("%s cannot be listed again: %s", request.title, error)

    def _named(self) -> frozenset[Digest]:
        return frozenset([*self._oci.roots(), *self._oci.unnamed(), *self._lxc.roots()])

    def _left(self) -> list[Digest]:
        named = self._named()
        return sorted(digest for digest in self._blobs.all() if digest not in named)

    def _report(self, store: EmbeddedOciStore | EmbeddedLxcStore, loss: str) -> None:
        left = {*self._unnamed.digests, *self._oci.unnamed()}
        if not left and not store.images():
            return  # nothing was lost
        size = sum(map(self._blobs.size, left)) / 1e6
        kept = f"; {len(left)} files ({size:,.1f} MB) lost their image and are kept, which 'imagedepot verify' names"
        kept += " and 'imagedepot gc --unnamed' deletes"
        _log.warning(
            "the index of %s images %s: it was rebuilt from its copy, the downloads and the blobs, and lists %d%s",
            store.type,
            loss,
            len(store.images()),
            kept if left else "",
        )


def _files(resolved: Resolved) -> Sequence[Digest]:
    """The files that the store is given; empty where a file came without a digest."""
    if isinstance(resolved, ResolvedOci):
        return [resolved.config.digest, *dict.fromkeys(layer.digest for layer in resolved.layers)]
    files = [file.sha256 for file in resolved.files]
    return [digest for digest in files if digest is not None] if all(files) else []
