"""The service's parts over a scripted depot: no network, real files, a real database, events instead of waiting."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from imagedepot.cancellation import Cancellation
from imagedepot.content.backends.local import BlobStore
from imagedepot.content.gc import GarbageCollector
from imagedepot.content.index.oci_layout import Layout
from imagedepot.content.transfer.ingest import Ingest
from imagedepot.content.transfer.progress import Progress
from imagedepot.content.transfer.pull import Puller
from imagedepot.content.transfer.retry import RetryPolicy
from imagedepot.content.transfer.throttle import Throttle
from imagedepot.errors import DepotError, NoSuchPlatform, UpstreamNotFound
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.content.manifest import OCI_CONFIG, OCI_MANIFEST, Descriptor
from imagedepot.model.depot import DOCKERHUB, DepotId, DepotKind
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ImageType, Resolved, ResolvedOci
from imagedepot.model.names.reference import Reference
from imagedepot.model.platform import Platform
from imagedepot.protocols import Fetcher, Listing, LxcOrigin, OciOrigin, OciStore
from imagedepot.service.downloads.pipeline import DownloadPipeline
from imagedepot.service.downloads.work import Outcome, Tools
from imagedepot.service.stores.in_use import StoresInUse
from imagedepot.stores.embedded.lxc import EmbeddedLxcStore
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from tests.content.upstream import Stream
from tests.ground.images import OCI_LAYER, random_layer

AMD64, ARM64 = Platform.parse("linux/amd64"), Platform.parse("linux/arm64")
HASTY = RetryPolicy(first_wait=0.001, longest_wait=0.002, lost_network=0.0)


def request(name: str = "lab/app", tag: str = "1", platform: Platform | None = None) -> ImageRequest:
    return ImageRequest(DOCKERHUB, ImageType.DOCKER, name, tag, platform)


@dataclass
class Held:
    """An image that the depot has: its manifest's digest and bytes, and its blobs."""

    root: Descriptor
    raw: bytes
    config: Descriptor
    layers: tuple[Descriptor, ...]


@dataclass
class ScriptedDepot:
    """Images by `name:tag`, and by digest. `asked` tells what it was asked, and `opened` which blobs from which byte.

    `errors`: to raise, one for each further question; `hold`: blobs that wait for their gate at a byte.
    """

    id: DepotId = DOCKERHUB
    kind: DepotKind = DepotKind.REGISTRY
    keeps_digests: bool = True
    host: Platform = AMD64
    images: dict[str, dict[Platform, Held]] = field(default_factory=dict)
    contents: dict[Digest, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    opened: list[tuple[Digest, int]] = field(default_factory=list)
    errors: list[DepotError] = field(default_factory=list)
    hold: dict[Digest, tuple[threading.Event, int]] = field(default_factory=dict)
    keep: Callable[[Digest, bytes], None] = lambda digest, raw: None
    lock: threading.Lock = field(default_factory=threading.Lock)
    lxc: LxcOrigin | None = None

    @property
    def oci(self) -> OciOrigin | None:
        return self

    def add(
        self, name: str, *layers: bytes, platform: Platform = AMD64, config: bytes | None = None, single: bool = False
    ) -> Held:
        """`single`: no index told its platform, so that only the config does."""
        raw_config = config
        if raw_config is None:
            diff_ids = [str(Digest.of(layer)) for layer in layers]
            rootfs = {"type": "layers", "diff_ids": diff_ids}
            told = {"architecture": platform.architecture, "os": platform.os, "rootfs": rootfs}
            raw_config = json.dumps(told).encode()
        blobs = [self._described(OCI_CONFIG, raw_config), *(self._described(OCI_LAYER, layer) for layer in layers)]
        rows = [{"mediaType": each.media_type, "digest": str(each.digest), "size": each.size} for each in blobs]
        body = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": rows[0], "layers": rows[1:]}
        raw = json.dumps(body).encode()
        held = Held(Descriptor(OCI_MANIFEST, Digest.of(raw), len(raw)), raw, blobs[0], tuple(blobs[1:]))
        key = Platform("", "") if single else platform
        self.images.setdefault(name, {})[key] = held
        self.images.setdefault(f"{name.partition(':')[0]}@{held.root.digest}", {})[key] = held
        return held

    def list(self, query: str, cancellation: Cancellation | None = None) -> Listing:
        raise NotImplementedError

    def page(self, query: str, page: int, limit: int, cancellation: Cancellation | None = None) -> None:
        """None: `list` has every row."""

    def accepted(self, request: ImageRequest) -> ImageRequest:
        return request

    def current(self, request: ImageRequest, cancellation: Cancellation, *, is_check: bool = False) -> Digest | None:
        self._ask(f"HEAD {request.title}")
        offered = self._find(request)
        return next(iter(offered.values())).root.digest if len(offered) == 1 else Digest.of(repr(offered).encode())

    def resolve(self, request: ImageRequest, known: Digest | None, cancellation: Cancellation) -> ResolvedOci:
        self._ask(f"GET {request.title}")
        offered = self._find(request)
        single, wanted = Platform("", ""), request.platform or self.host
        held = offered.get(single) or offered.get(wanted)
        if held is None:
            raise NoSuchPlatform(request.title, str(wanted), tuple(map(str, offered)))
        self.keep(held.root.digest, held.raw)
        reference = Reference.for_tag(request.name, request.tag)
        platform = None if single in offered else wanted
        return ResolvedOci(reference, held.root, held.root, held.config, held.layers, platform)

    def fetcher(self, resolved: ResolvedOci) -> Fetcher[Descriptor]:
        return _Blobs(self)

    def _find(self, request: ImageRequest) -> dict[Platform, Held]:
        if request.title not in self.images:
            raise UpstreamNotFound(f"{request.title} is not there")
        return self.images[request.title]

    def _ask(self, what: str) -> None:
        with self.lock:
            self.asked.append(what)
            if self.errors:
                raise self.errors.pop(0)

    def _described(self, media_type: str, content: bytes) -> Descriptor:
        digest = Digest.of(content)
        self.contents[digest] = content
        return Descriptor(media_type, digest, len(content))


class _Blobs:
    def __init__(self, depot: ScriptedDepot) -> None:
        self._depot = depot

    def open(
        self,
        content: Descriptor,
        offset: int,
        validator: str | None = None,
        cancellation: Cancellation | None = None,
    ) -> Stream:
        with self._depot.lock:
            self._depot.opened.append((content.digest, offset))
        body = self._depot.contents[content.digest]
        gate, at = self._depot.hold.get(content.digest, (None, 0))
        return _Holding(body[offset:], offset, len(body), gate, at - offset)


class _Holding(Stream):
    """Gives what comes before byte `at`, the rest when the gate opens."""

    def __init__(self, body: bytes, start: int, total: int, gate: threading.Event | None, at: int) -> None:
        super().__init__(body, start, total, None, gate)
        self._free = max(0, at)

    def readinto(self, buffer: memoryview) -> int:
        if self._at < self._free:
            gate, self._gate = self._gate, None
            count = super().readinto(buffer[: self._free - self._at])
            self._gate = gate
            return count
        return super().readinto(buffer)


class Kit:
    """A depot, the embedded store and `DownloadPipeline` over them."""

    def __init__(
        self,
        folder: Path,
        depot: ScriptedDepot | None = None,
        platform: Platform = AMD64,
        make: type[EmbeddedOciStore] = EmbeddedOciStore,
    ) -> None:
        self.folder = folder
        self.free = 1 << 40
        self.platform = platform
        self.depot = depot or ScriptedDepot(host=platform)
        self.blobs = BlobStore(folder)
        self.depot.keep = self.blobs.keep_upstream
        self.collector = GarbageCollector(self.blobs)
        self.store = make(self.blobs, Layout(self.blobs.layout), self.collector.sweep)
        self.collector.also(self.store.roots)
        self.space = DiskSpace(folder, 0, lambda: self.free)
        self.puller = Puller(Ingest(self.blobs, self.space, Throttle(), HASTY))
        self.lxc_store = EmbeddedLxcStore(self.blobs, folder / "lxc", self.space)
        self.on_success: Callable[[ImageRequest], None] = lambda _: None
        self.pipeline = self.pipeline_into(self.store)

    def pipeline_into(self, store: OciStore, retry_policy: RetryPolicy = HASTY) -> DownloadPipeline:
        """Downloads into `store` in place of the kit's own."""
        tools = Tools(self.blobs, self.puller, self.space, retry_policy, lambda: self.platform)
        depots = {DOCKERHUB: self.depot}
        return DownloadPipeline(
            depots, StoresInUse(store, self.lxc_store), tools, self.collector, lambda request: self.on_success(request)
        )

    def pull(self, wanted: ImageRequest | None = None, resolved: Resolved | None = None) -> Outcome:
        return self.pipeline.run(wanted or request(), Progress(), Cancellation(), resolved)

    def names(self) -> list[str]:
        return [f"{image.name}:{image.tag}" for image in self.store.images()]

    def files(self) -> dict[Path, int]:
        """Every file of the content with its time of change."""
        return {path: path.stat().st_mtime_ns for path in self.blobs.layout.rglob("*")}

    def held(self, digest: Digest, at: int = 0) -> threading.Event:
        """From now on this blob stops at byte `at` until the event is set."""
        gate = threading.Event()
        self.depot.hold[digest] = (gate, at)
        return gate


def layer(size: int = 3000, seed: int = 0) -> bytes:
    return random_layer(size, seed)
