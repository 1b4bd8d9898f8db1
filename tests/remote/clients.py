"""The registry client as tests want it: patient, with a clock that stands still, and logins from a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from imagedepot.cancellation import Cancellation
from imagedepot.model.access.login import Login
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ImageType, ResolvedOci
from imagedepot.model.platform import Platform
from imagedepot.protocols import ByteStream
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.oci.access.auth import Authenticator
from imagedepot.remote.oci.endpoint import Endpoints
from imagedepot.remote.oci.limits import LimitWatch
from imagedepot.remote.oci.registry import RegistryClient
from imagedepot.remote.oci.source import OciSource

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
AMD64 = Platform.parse("linux/amd64")


class KnownLogins:
    """host -> (user, password), or a `Login`."""

    def __init__(self, logins: Mapping[str, Login] | None = None) -> None:
        self.logins = dict(logins or {})
        self.troubles: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []

    def find(self, host: str, repository: str) -> Login | None:
        self.asked.append((host, repository))
        return self.logins.get(host)

    def trouble(self, host: str, repository: str) -> str:
        return self.troubles.get(host, "")


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def transport(**options: object) -> Transport:
    return Transport(**{"environment": {}, "connect_seconds": 30.0, "silence_seconds": 30.0, **options})  # type: ignore[arg-type]


def client(
    hub_url: str = "",
    logins: KnownLogins | None = None,
    clock: Callable[[], float] = Clock(),  # noqa: B008
    through: Transport | None = None,
    limits: LimitWatch | None = None,
) -> RegistryClient:
    """A client whose Docker Hub is at `hub_url`."""
    way = through or transport()
    authenticator = Authenticator(way, logins or KnownLogins(), clock, lambda: NOON)
    return RegistryClient(way, authenticator, Endpoints(way.rules, hub_url), limits, lambda: NOON)


class Kept(dict[Digest, bytes]):
    """What a source was given to keep."""

    def __call__(self, digest: Digest, raw: bytes) -> None:
        self[digest] = raw


def source(of: RegistryClient, platform: Platform = AMD64, kept: Kept | None = None) -> OciSource:
    kept = Kept() if kept is None else kept
    return OciSource(of, kept, kept.get, lambda: platform)


def request(name: str, tag: str = "1", platform: str = "") -> ImageRequest:
    wanted = Platform.parse(platform) if platform else None
    return ImageRequest(DOCKERHUB, ImageType.DOCKER, name, tag, wanted)


def resolve(of: OciSource, name: str, tag: str = "1", platform: str = "") -> ResolvedOci:
    """As a download does: ask what the tag names, then pin it."""
    wanted = request(name, tag, platform)
    cancellation = Cancellation()
    return of.resolve(wanted, of.current(wanted, cancellation), cancellation)


def read(stream: ByteStream) -> bytes:
    """All of it; closes."""
    buffer = memoryview(bytearray(1 << 16))
    content = b""
    try:
        while count := stream.readinto(buffer):
            content += bytes(buffer[:count])
    finally:
        stream.close()
    return content


def fetch_all(of: OciSource, resolved: ResolvedOci) -> dict[Digest, bytes]:
    """Every blob, each once."""
    fetcher = of.fetcher(resolved)
    return {blob.digest: read(fetcher.open(blob, 0)) for blob in resolved.blobs}
