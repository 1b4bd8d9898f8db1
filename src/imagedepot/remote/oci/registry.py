"""The client of registries, as the OCI distribution specification has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from imagedepot.cancellation import Cancellation
from imagedepot.errors import (
    Cancelled,
    DepotError,
    DigestMismatch,
    InvalidAnswer,
    InvalidReference,
    NetworkLost,
    TimedOut,
    Unavailable,
    UpstreamError,
)
from imagedepot.model.digest import Digest
from imagedepot.model.manifest import ACCEPTED
from imagedepot.model.reference import Reference
from imagedepot.protocols import ByteStream
from imagedepot.remote.http.answer import Answer
from imagedepot.remote.http.ranges import EXPECTED_STATUSES, open_stream
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.oci.auth import Authenticator
from imagedepot.remote.oci.endpoint import Endpoint, Endpoints
from imagedepot.remote.oci.limits import LimitWatch
from imagedepot.remote.oci.refusal import Wanted, refusal

# All of them, always: registries convert for clients that name fewer.
_ACCEPT: Final = {"Accept": ", ".join(ACCEPTED)}
_LARGEST_MANIFEST = 4 << 20
_DIGEST_HEADER = "Docker-Content-Digest"


@dataclass(frozen=True, slots=True)
class RawManifest:
    """A manifest or an index as it came, with the digest that its bytes really have."""

    raw: bytes
    content_type: str
    digest: Digest


class RegistryClient:
    """Asks registries; safe for many threads. Every failure is a `DepotError` that names image, registry and reason."""

    def __init__(
        self,
        transport: Transport,
        authenticator: Authenticator,
        endpoints: Endpoints,
        limits: LimitWatch | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.transport = transport
        self.limits = limits or LimitWatch(now)
        self._authenticator = authenticator
        self._endpoints = endpoints
        self._now = now

    def head(self, reference: Reference, cancellation: Cancellation | None = None) -> Digest | None:
        """What the reference names now, by one HEAD (which Docker Hub does not count); None: ask with a GET.

        Raises `UpstreamNotFound`, `RateLimited`, `Unavailable`, `UpstreamError`.
        """
        answer, wanted = self._manifest(reference, "HEAD", reference.familiar, cancellation)
        with answer:
            if answer.status == 200:
                return _digest(answer.header(_DIGEST_HEADER))
            if answer.status in (401, 404, 429) or answer.status >= 500:
                raise self.refused(answer, wanted)
            return None  # some proxies refuse HEAD alone; a GET brings the reason

    def manifest(self, reference: Reference, cancellation: Cancellation | None = None, what: str = "") -> RawManifest:
        """By digest where the reference has one, else by tag; the bytes match every digest that anybody named.

        `what` is how sentences call it, where that is not the reference.

        Raises `DigestMismatch`, and as `head`.
        """
        answer, wanted = self._manifest(reference, "GET", what or reference.familiar, cancellation)
        with answer:
            if answer.status != 200:
                raise self.refused(answer, wanted)
            if answer.is_html:
                raise InvalidAnswer(f"{wanted.endpoint.title} answered with a web page instead of {wanted.what}")
            raw = answer.read(_LARGEST_MANIFEST)
            named = reference.digest or _digest(answer.header(_DIGEST_HEADER))
            actual = Digest.of(raw, named.algorithm if named else "sha256")
            if named is not None and actual != named:
                raise DigestMismatch(f"The manifest of {wanted.what}", str(named), str(actual))
            return RawManifest(raw, answer.header("Content-Type"), actual)

    def blob(
        self,
        reference: Reference,
        digest: Digest,
        offset: int,
        cancellation: Cancellation | None = None,
        size: int | None = None,
    ) -> ByteStream:
        """The blob from byte `offset` on: always asked of the registry, since addresses at a CDN expire. `size` is what
        its manifest says of it.

        Raises `UpstreamNotFound`, `InvalidAnswer` (a range that nobody asked for), and as `head`.
        """
        what = f"{reference.familiar} (layer {digest.short})"
        path = f"/{reference.repository}/blobs/{digest}"

        def ask(part: Mapping[str, str]) -> Answer:
            answer, wanted = self.ask(reference, "GET", path, what, part, cancellation)
            if answer.status not in EXPECTED_STATUSES or (answer.status != 200 and not part):
                raise self.refused(answer, wanted)
            if answer.is_html:
                answer.close()
                raise InvalidAnswer(f"{answer.where} answered with a web page instead of {what}")
            return answer

        return open_stream(ask, offset, size=size)

    def ask(
        self,
        reference: Reference,
        method: str,
        path: str,
        what: str,
        headers: Mapping[str, str],
        cancellation: Cancellation | None = None,
    ) -> tuple[Answer, Wanted]:
        """One question below `/v2`, authorised as needed. The first working one of the registry's addresses is kept."""
        candidates = self._endpoints.candidates(reference.registry)
        failure: DepotError | None = None
        for endpoint in candidates:
            url = f"{endpoint.base}/v2{path}"
            try:
                answer, wanted = self.ask_at(endpoint, reference.repository, method, url, what, headers, cancellation)
            except (Cancelled, NetworkLost):
                raise
            except (Unavailable, TimedOut, UpstreamError) as error:
                heard = self._endpoints.candidates(reference.registry) == (endpoint,)
                if failure is not None or heard or endpoint is candidates[-1]:
                    raise
                failure = error
                continue
            if _wants_tls(answer) and endpoint is not candidates[-1]:
                answer.close()
                continue
            return answer, wanted
        raise failure or Unavailable(f"{reference.registry} cannot be reached")

    def ask_at(
        self,
        endpoint: Endpoint,
        repository: str,
        method: str,
        url: str,
        what: str,
        headers: Mapping[str, str],
        cancellation: Cancellation | None = None,
    ) -> tuple[Answer, Wanted]:
        """The same at one address: with what it is known to want, and once more after a 401."""
        proof = self._authenticator.proof(endpoint, repository, cancellation)
        for attempt in (1, 2):
            sent = {**headers, "Authorization": proof.header} if proof else headers
            answer = self.transport.request(method, url, sent, cancellation=cancellation)
            if not _wants_tls(answer):
                self._endpoints.settle(endpoint)
            if endpoint.is_hub:
                self.limits.note(answer)
            if answer.status != 401 or answer.redirected or attempt == 2:
                break
            try:
                renewed = self._authenticator.renew(endpoint, repository, answer, proof, cancellation)
            except BaseException:
                answer.close()
                raise
            if renewed is None:
                break
            answer.discard()
            proof = renewed
        return answer, Wanted(what, endpoint, proof.user if proof else "")

    def refused(self, answer: Answer, wanted: Wanted) -> DepotError:
        """The error for an answer that is none of those that were hoped for."""
        with answer:
            return refusal(answer, wanted, self._now())

    def _manifest(
        self, reference: Reference, method: str, what: str, cancellation: Cancellation | None
    ) -> tuple[Answer, Wanted]:
        path = f"/{reference.repository}/manifests/{reference.label}"
        return self.ask(reference, method, path, what, _ACCEPT, cancellation)


def _digest(text: str) -> Digest | None:
    try:
        return Digest.parse(text.strip())
    except InvalidReference:
        return None


def _wants_tls(answer: Answer) -> bool:
    """How https servers greet plain http; no registry answers so."""
    registry = answer.header("Docker-Distribution-Api-Version")
    return answer.status == 400 and answer.url.startswith("http://") and not registry
