"""LXD or Incus as the store of LXC images (`docs/decisions/0010-engines.md`).

The daemon is the truth: depot and remarks of an image are properties of the image there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from imagedepot.cancellation import Cancellation
from imagedepot.content.fingerprint import fingerprint_of
from imagedepot.content.local_files import local_files
from imagedepot.errors import Conflict, ImageNotFound, UpstreamError
from imagedepot.model.content.lxc import LxcFiles
from imagedepot.model.digest import Digest
from imagedepot.model.image import (
    LXC_TAG,
    ImageRequest,
    ImageType,
    InstalledImage,
    ResolvedLxc,
)
from imagedepot.protocols import Content, ImageArchive
from imagedepot.stores.lxd.client import LxdClient, Upload
from imagedepot.stores.lxd.rows import lxd_inspect, lxd_properties, lxd_rows
from imagedepot.stores.shared.breaks import Breaks
from imagedepot.stores.shared.followed import FollowedImages
from imagedepot.stores.shared.mirrored import MirroredCopies


class LxdStore:
    """One daemon. `prepare` turns an image's files into what the daemon takes: one unified file, or metadata and
    rootfs; `kept` are our copies. Call `start` once, `close` at the end."""

    type = ImageType.LXC
    copies_content = True

    def __init__(
        self,
        client: LxdClient,
        prepare: Callable[[ResolvedLxc, Sequence[Path], Callable[[], None]], Sequence[Path]],
        kept: MirroredCopies[ResolvedLxc] | None = None,
    ) -> None:
        self.kind = "lxd"
        self.version = ""
        self.address = client.address
        self._client = client
        self._prepare = prepare
        self._kept = kept
        self._breaks = Breaks()
        self._followed = FollowedImages(
            self._read, client.image_events, f"The daemon at {client.address}", self._forget
        )
        self.start = self._followed.start
        self.absence = self._followed.absence

    def ping(self) -> None:
        """Raises `StoreUnavailable` when the daemon does not answer now."""
        self._client.about()

    def keep_copies(self, kept: MirroredCopies[ResolvedLxc] | None) -> None:
        """From now on, where it is the store that takes new images; None where another one is."""
        self._kept = kept

    def close(self) -> None:
        self._followed.close()
        self._client.close()
        self._followed.join()

    def images(self) -> Sequence[InstalledImage]:
        return self._followed.current()

    def at_hand(self) -> Sequence[InstalledImage] | None:
        return self._followed.snapshot

    def inspect(self, name: str, tag: str) -> Mapping[str, Any]:
        row = self._followed.find(name, tag)
        return lxd_inspect(self._client.image(row.id), row)

    def lxc_files(self, name: str, cancellation: Cancellation | None = None) -> LxcFiles:
        """Raises `ImageNotFound`, `Conflict`: the daemon makes containers itself."""
        self._followed.find(name, LXC_TAG)
        raise Conflict(f"{name} lives in {self.kind}, which makes containers itself: lxc-create needs no files")

    def pinned(self, name: str) -> None:
        """The daemon has the bytes."""

    def archive(self, name: str) -> AbstractContextManager[ImageArchive]:
        """Raises `ImageNotFound`, `Conflict`: the daemon writes files itself."""
        self._followed.find(name, LXC_TAG)
        command = "incus" if self.kind == "incus" else "lxc"
        raise Conflict(f"{name} lives in {self.kind}, which saves its images itself: {command} image export {name}")

    def install(
        self,
        request: ImageRequest,
        resolved: ResolvedLxc,
        content: Content,
        files: Sequence[Digest],
        progress: Callable[[int, int], None],
        cancellation: Cancellation | None = None,
    ) -> InstalledImage:
        with local_files(content, files) as paths:
            ready = self._prepare(resolved, paths, lambda: progress(0, 0))
            size = sum(path.stat().st_size for path in ready)
            fingerprint = fingerprint_of((path.open("rb") for path in ready), lambda: progress(0, size))
            before = [each for each in self._followed.refresh() if each.name == request.name]
            if not self._has(fingerprint):
                upload = Upload(ready, f"{resolved.name.replace('/', '-')}.tar", fingerprint)
                with self._breaks.counted(fingerprint, request.title, progress) as tell:
                    self._upload(upload, request.title, tell, cancellation or Cancellation())
        self._client.alias(request.name, fingerprint)
        self._describe(fingerprint, request, resolved)
        for replaced in before:
            if replaced.id != fingerprint and replaced.depot is not None:
                self._remove_unnamed(replaced.id)
        if self._kept and self._kept.wanted:
            self._kept.put(request, resolved, content, files)
        self._followed.refresh()
        return self._followed.find(request.name, LXC_TAG)

    def remove(self, name: str, tag: str | None) -> None:
        """Remove an image; instances are copies and stay. An image with other names of ours keeps those."""
        rows = self._followed.refresh()
        found = next((each for each in rows if each.name == name and tag in (None, LXC_TAG)), None)
        if found is None:
            raise ImageNotFound(name if tag is None else f"{name}:{tag}")
        if any(each.id == found.id and each is not found for each in rows):
            self._client.unalias(name)
        else:
            self._client.remove(found.id)
        self._followed.refresh()

    def watch(self, changed: Callable[[], None]) -> AbstractContextManager[None]:
        return self._followed.watch(changed)

    def _upload(
        self, upload: Upload, title: str, progress: Callable[[int, int], None], cancellation: Cancellation
    ) -> None:
        try:
            sent = self._client.upload(upload, progress, cancellation)
        except UpstreamError:
            if not self._has(upload.fingerprint):  # otherwise another client was faster, or the cancel came too late
                raise
        else:
            if sent != upload.fingerprint:
                raise UpstreamError(f"{title}: the daemon holds {sent[:12]}, not {upload.fingerprint[:12]}")

    def _has(self, fingerprint: str) -> bool:
        try:
            self._client.image(fingerprint)
        except ImageNotFound:
            return False
        return True

    def _describe(self, fingerprint: str, request: ImageRequest, resolved: ResolvedLxc) -> None:
        """Set our properties, and keep the image's own and the names that we gave it before."""
        known = {
            str(key): str(value) for key, value in (self._client.image(fingerprint).get("properties") or {}).items()
        }
        self._client.describe(fingerprint, {**known, **lxd_properties(request, resolved, known)})

    def _remove_unnamed(self, fingerprint: str) -> None:
        """Remove an image of ours that has lost its only name to a newer one: it could not be found again."""
        try:
            if not self._client.image(fingerprint).get("aliases"):
                self._client.remove(fingerprint)
        except ImageNotFound:
            return

    def _forget(self, names: Collection[tuple[str, str]]) -> None:
        if self._kept:
            self._kept.drop(names)

    def _read(self) -> tuple[InstalledImage, ...]:
        self.kind, self.version = self._client.about()
        return lxd_rows(self._client.images(), self.kind)
