"""A server of LXC images on loopback, and a depot that has them: real HTTP, faults when a test wants them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from imagedepot.cancellation import Cancellation
from imagedepot.content.backends.local import BlobStore
from imagedepot.content.gc import GarbageCollector
from imagedepot.content.index.oci_layout import Layout
from imagedepot.content.transfer.ingest import Ingest
from imagedepot.content.transfer.pull import Puller
from imagedepot.content.transfer.throttle import Throttle
from imagedepot.database.connection import Database
from imagedepot.database.rows.downloads import DownloadRows
from imagedepot.errors import UpstreamNotFound
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.depot import APPCENTER, DepotId, DepotKind
from imagedepot.model.digest import Digest
from imagedepot.model.download import Download
from imagedepot.model.image import ImageRequest, ImageType, RemoteFile, ResolvedLxc
from imagedepot.protocols import Listing, LxcOrigin, OciOrigin
from imagedepot.remote.http.address import OWNER
from imagedepot.remote.http.files import FileFetcher
from imagedepot.remote.http.transport import Transport
from imagedepot.service.downloads.line.queue import Downloads
from imagedepot.service.downloads.pipeline import DownloadPipeline
from imagedepot.service.downloads.work import Tools
from imagedepot.service.events import Feed
from imagedepot.service.stores.in_use import StoresInUse
from imagedepot.stores.embedded.lxc import EmbeddedLxcStore
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from tests.fakes.message import Answer, Request
from tests.fakes.rules import Rules
from tests.fakes.server import Server
from tests.ground.waiting import wait_until
from tests.service.kit import AMD64, HASTY

_RANGE = re.compile(r"bytes=(\d+)-")


class Mirror(Server):
    """Files by path. `etags`: whether it names versions, without which nobody can resume what has no checksum."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.etags = True
        self.rules = Rules()

    def put(self, name: str, content: bytes) -> str:
        """Its address."""
        self.files[f"/{name}"] = content
        return f"{self.url}/{name}"

    def respond(self, request: Request) -> Answer:
        return self.rules.apply(request, self._serve)

    def _serve(self, request: Request) -> Answer:
        content = self.files.get(request.path)
        if content is None:
            return Answer.of(404, b"no such file", "text/plain")
        tag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
        headers = (("ETag", tag),) if self.etags else ()
        asked, condition = _RANGE.fullmatch(request.header("Range") or ""), request.header("If-Range")
        if not asked or condition not in (None, tag):
            return Answer.of(200, content, "application/gzip").with_headers(*headers)
        start = int(asked[1])
        span = ("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        return Answer.of(206, content[start:], "application/gzip").with_headers(span, *headers)


@dataclass
class MirrorDepot:
    """LXC images by name."""

    transport: Transport
    images: dict[str, ResolvedLxc] = field(default_factory=dict)
    id: DepotId = APPCENTER
    kind: DepotKind = DepotKind.CATALOGS
    keeps_digests: bool = True
    oci: OciOrigin | None = None

    @property
    def lxc(self) -> LxcOrigin | None:
        return self

    def list(self, query: str, cancellation: Cancellation | None = None) -> Listing:
        raise NotImplementedError

    def page(self, query: str, page: int, limit: int, cancellation: Cancellation | None = None) -> None:
        """None: `list` has every row."""

    def accepted(self, request: ImageRequest) -> ImageRequest:
        return request

    def current(self, request: ImageRequest, cancellation: Cancellation, *, is_check: bool = False) -> Digest | None:
        found = self._find(request)
        return Digest("sha256", found.fingerprint) if found.fingerprint else None

    def resolve(self, request: ImageRequest, known: Digest | None, cancellation: Cancellation) -> ResolvedLxc:
        return self._find(request)

    def fetcher(self, resolved: ResolvedLxc) -> FileFetcher:
        return FileFetcher(self.transport, OWNER)

    def _find(self, request: ImageRequest) -> ResolvedLxc:
        if request.name not in self.images:
            raise UpstreamNotFound(f"No catalog has {request.name}")
        return self.images[request.name]


class LxcService:
    """The queue of downloads over a mirror and the embedded store; may be closed and opened again."""

    def __init__(self, folder: Path, mirror: Mirror) -> None:
        self.folder = folder
        self.mirror = mirror
        self.free = 1 << 40
        self.depot = MirrorDepot(Transport(environment={}))
        self.open()

    def open(self) -> None:
        self.blobs = BlobStore(self.folder)
        space = DiskSpace(self.folder, 0, lambda: self.free)
        collector = GarbageCollector(self.blobs)
        self.store = EmbeddedLxcStore(self.blobs, self.folder / "lxc", space, collector.sweep)
        collector.also(self.store.roots)
        puller = Puller(Ingest(self.blobs, space, Throttle(), HASTY))
        docker = EmbeddedOciStore(self.blobs, Layout(self.blobs.layout))
        tools = Tools(self.blobs, puller, space, HASTY, lambda: AMD64)
        stores = StoresInUse(docker, self.store)
        pipeline = DownloadPipeline({APPCENTER: self.depot}, stores, tools, collector)
        self.database = Database(self.folder / "imagedepot.db")
        self.downloads = Downloads(DownloadRows(self.database), pipeline, Feed(), 3, lambda: AMD64)
        self.downloads.resume()

    def close(self) -> None:
        self.downloads.close()
        self.store.close()
        self.database.close()

    def offer(
        self, name: str, *contents: bytes, checksums: bool = False, fingerprint: str | None = None
    ) -> ResolvedLxc:
        """An image with these files."""
        files = tuple(
            RemoteFile(self.mirror.put(f"{name}-{at}", content), None, Digest.of(content) if checksums else None)
            for at, content in enumerate(contents)
        )
        self.depot.images[name] = ResolvedLxc(name, "amd64", files, fingerprint, {"os": "Lab"})
        return self.depot.images[name]

    def start(self, name: str) -> Download:
        return self.downloads.start(ImageRequest(APPCENTER, ImageType.LXC, name, "latest"))

    def ended(self, download: Download) -> Download:
        wait_until(lambda: self.downloads.get(download.id).ended is not None)
        return self.downloads.get(download.id)

    def get(self, name: str) -> Download:
        return self.ended(self.start(name))

    def names(self) -> list[str]:
        return [image.name for image in self.store.images()]
