"""Our own store of LXC images: their files as they came, and what `lxc-create` takes. No daemon, no root.

DATA_DIR/
  content/blobs/sha256/<hex>    the files: one unified, or metadata and rootfs (`content/backends/local.py`)
  lxc/index.json                which files are which image (`lxc_index.py`)
  lxc/ready/<fingerprint>/      made on the first demand, from the files above; may be deleted at any time
    meta.tar.xz rootfs.tar.xz

Installing is naming: when a download ends, its files are here already, and one row of `index.json` makes it an image.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagedepot.cancellation import Cancellation
from imagedepot.content.fingerprint import fingerprint_of
from imagedepot.content.local_files import local_files
from imagedepot.content.watchers import Watchers
from imagedepot.errors import ImageNotFound
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.content.lxc import LxcFiles
from imagedepot.model.digest import Digest
from imagedepot.model.image import (
    LXC_TAG,
    ImageRequest,
    ImageType,
    InstalledImage,
    ResolvedLxc,
)
from imagedepot.model.stores import EMBEDDED
from imagedepot.protocols import Blobs, Content, ImageArchive
from imagedepot.stores.embedded.lxc_index import LxcEntry, LxcIndex
from imagedepot.stores.embedded.lxc_ready import ReadyFiles
from imagedepot.stores.embedded.pinned import pinned_lxc
from imagedepot.stores.lxc_images.facts import ImageFacts

if TYPE_CHECKING:
    from imagedepot.stores.embedded.lxc_rows import LxcRowIndex


class EmbeddedLxcStore:
    """The store in `folder`, over `blobs`. `collect` frees what a removal leaves behind.

    Call `close` at the end: it stops what is being made ready.
    """

    type = ImageType.LXC
    kind = EMBEDDED
    address = ""
    copies_content = False

    def __init__(
        self,
        blobs: Blobs,
        folder: Path,
        space: DiskSpace,
        collect: Callable[[], object] = lambda: None,
        index: LxcRowIndex | None = None,
    ) -> None:
        """`index`: where several nodes share one."""
        self._blobs = blobs
        self._index: LxcIndex | LxcRowIndex = index or LxcIndex(folder / "index.json")
        self._ready = ReadyFiles(blobs, folder / "ready", space)
        self._space = space
        self._sizes: dict[str, int] = {}
        self._watchers = Watchers()
        self.watch = self._watchers.watch
        self._changing = threading.Lock()
        self._collect = collect
        self._listed: Mapping[str, tuple[InstalledImage, LxcEntry]] = {}
        self._snapshot: tuple[InstalledImage, ...] = ()
        self._publish()
        self._ready.keep_only(self._fingerprints())

    def close(self) -> None:
        self._ready.close()

    def republish(self) -> None:
        """List what the index names now, which others have changed."""
        with self._changing:
            self._publish()
            self._ready.keep_only(self._fingerprints())

    def images(self) -> Sequence[InstalledImage]:
        return self._snapshot

    def at_hand(self) -> Sequence[InstalledImage]:
        return self._snapshot

    def inspect(self, name: str, tag: str) -> Mapping[str, Any]:
        image, entry = self._find(name, tag)
        return {
            "Name": image.name,
            "Architecture": image.platform.debian if image.platform else entry.architecture,
            "Created": image.created.isoformat() if image.created else "",
            "Os": entry.properties.get("os", ""),
            "Size": image.size,
            "Fingerprint": entry.fingerprint,
            "Aliases": [image.name],
            "Properties": dict(entry.properties),
            "Format": entry.format,
            "verified": entry.verified,
        }

    def install(
        self,
        request: ImageRequest,
        resolved: ResolvedLxc,
        content: Content,
        files: Sequence[Digest],
        progress: Callable[[int, int], None],
        cancellation: Cancellation | None = None,
    ) -> InstalledImage:
        """Raises `NotAnImage`, `InvalidAnswer` for what no container could be made from."""
        # Late: few commands read archives, and all of them should start fast.
        from imagedepot.stores.lxc_images.check import check_root
        from imagedepot.stores.lxc_images.inspection import inspect_files
        from imagedepot.stores.lxc_images.prepare import image_facts

        with local_files(content, files) as paths:
            size = sum(path.stat().st_size for path in paths)
            look = inspect_files(paths, resolved.name, lambda: progress(0, size))
            check_root(paths, resolved.name, lambda: progress(0, size))
        facts = image_facts(resolved, look)
        entry = LxcEntry(
            request.name,
            tuple(files),
            size,
            resolved.fingerprint or fingerprint_of(map(content.open, files), lambda: progress(0, size)),
            look.shape.value,
            facts.architecture,
            facts.created,
            datetime.now(UTC),
            facts.properties,
            request.depot,
            request.remark,
            resolved.verifiable,
        )
        self._blobs.settle()
        with self._changing:
            self._index.put(entry)
            self._publish()
            self._ready.keep_only(self._fingerprints())
            return self._find(request.name, LXC_TAG)[0]  # in here: a removal may follow at once

    def pinned(self, name: str) -> ResolvedLxc:
        return pinned_lxc(self._find(name, LXC_TAG)[1], self._blobs)

    def remove(self, name: str, tag: str | None) -> None:
        with self._changing:
            if name not in self._index.entries or tag not in (None, LXC_TAG):
                raise ImageNotFound(name if tag is None else f"{name}:{tag}")
            self._index.remove([name])
            self._publish()
            self._ready.keep_only(self._fingerprints())
        self._collect()

    def lxc_files(self, name: str, cancellation: Cancellation | None = None) -> LxcFiles:
        """The files for `lxc-create -t local`, made on first use.

        Raises `ImageNotFound`, `Unsuitable`, `InvalidAnswer`, `StorageFailure`, `Cancelled`.
        """
        _, entry = self._find(name, LXC_TAG)
        facts = ImageFacts(name, entry.architecture, entry.created, entry.properties)
        return self._ready.get(
            entry.fingerprint,
            entry.files,
            facts,
            lambda: entry.fingerprint in self._fingerprints(),
            cancellation or Cancellation(),
        )

    @contextmanager
    def archive(self, name: str) -> Iterator[ImageArchive]:
        """The image as a unified tarball, of which no clean-up takes anything before the block ends.

        Raises `ImageNotFound`, `InvalidAnswer`, `StorageFailure`, `Unsuitable`.
        """
        from imagedepot.stores.lxc_images.unified import unified  # late: as in `install`

        _, entry = self._find(name, LXC_TAG)
        facts = ImageFacts(name, entry.architecture, entry.created, entry.properties)
        with self._blobs.lease() as lease, ExitStack() as stack:
            lease.pin(entry.files)
            paths = stack.enter_context(local_files(self._blobs, entry.files))
            scratch = stack.enter_context(self._ready.scratch())
            yield unified(paths, facts, entry.fingerprint, scratch, self._space, self._sizes)

    def roots(self) -> Iterable[Digest]:
        """Every file that the images here need."""
        for entry in self._index.entries.values():
            yield from entry.files
        yield from self._index.strangers

    @property
    def loss(self) -> str:
        """Why the index had to be replaced at this start ("is missing"); "" when it is what was written last."""
        return self._index.loss

    @property
    def is_new(self) -> bool:
        """Whether no image was ever here, as far as the folder shows."""
        return self._index.is_new

    def begin_rebuild(self) -> None:
        """Write what is known of a lost index: the entries of its copy that have a file here."""
        with self._changing:
            entries = self._index.entries.items()
            self._index.rebuilt([name for name, entry in entries if any(map(self._blobs.has, entry.files))])
            self._publish()

    def is_whole(self, name: str) -> bool:
        """Whether the image of that name is here, with all of its files."""
        entry = self._index.entries.get(name)
        return entry is not None and self._is_whole(entry)

    def references(self) -> Mapping[Digest, Sequence[str]]:
        """For each file the names of the images that need it, of those that are not whole too."""
        needed: dict[Digest, list[str]] = {}
        for entry in self._index.entries.values():
            for digest in dict.fromkeys(entry.files):
                needed.setdefault(digest, []).append(entry.name)
        return needed

    def made(self) -> list[tuple[int, Sequence[str]]]:
        """Bytes of what was made of the images' files on demand, with the names of the images with which it goes."""
        names: dict[str, list[str]] = {}
        for entry in self._index.entries.values():
            names.setdefault(entry.fingerprint, []).append(entry.name)
        return [(size, users) for fingerprint, users in names.items() if (size := self._ready.size(fingerprint))]

    def set_aside(self, broken: Collection[Digest]) -> list[InstalledImage]:
        """Stop listing the images that are not whole any more, until they are again; these and those that need what
        is `broken` are answered. Their rows stay, so that nothing is forgotten."""
        with self._changing:
            entries = self._index.entries.values()
            hurt = [each for each in entries if not self._is_whole(each) or not set(each.files).isdisjoint(broken)]
            self._publish()
        return [entry.image() for entry in hurt]

    def _publish(self) -> None:
        """A new snapshot of what is whole; of an entry that stayed the same its row stays too."""
        listed: dict[str, tuple[InstalledImage, LxcEntry]] = {}
        for name, entry in self._index.entries.items():
            if self._is_whole(entry):
                before = self._listed.get(name)
                listed[name] = before if before and before[1] is entry else (entry.image(), entry)
        self._listed = listed
        self._snapshot = tuple(listed[name][0] for name in sorted(listed))
        self._watchers.tell()

    def _is_whole(self, entry: LxcEntry) -> bool:
        return all(self._blobs.has(digest) for digest in entry.files)

    def _find(self, name: str, tag: str) -> tuple[InstalledImage, LxcEntry]:
        """Raises `ImageNotFound`."""
        try:
            if tag == LXC_TAG:
                return self._listed[name]
        except KeyError:
            pass
        raise ImageNotFound(f"{name}:{tag}")

    def _fingerprints(self) -> set[str]:
        return {entry.fingerprint for entry in self._index.entries.values()}
