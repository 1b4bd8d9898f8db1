"""The client of registries (OCI distribution specification)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from imagedepot.cancellation import Cancellation
from imagedepot.errors import (
    Cancelled,
    ConnectionBroken,
    DepotError,
    DigestMismatch,
    InvalidAnswer,
    InvalidReference,
    NetworkLost,
    TimedOut,
    Unavailable,
    UpstreamError,
)
from imagedepot.model.access.login import NoLogins
from imagedepot.model.content.manifest import ACCEPTED
from imagedepot.model.digest import Digest
from imagedepot.model.names.reference import Reference
from imagedepot.protocols import ByteStream
from imagedepot.remote.http.address import Address
from imagedepot.remote.http.answers.answer import Answer
from imagedepot.remote.http.answers.ranges import EXPECTED_STATUSES, open_stream
from imagedepot.remote.http.failures import SpeaksPlainHttp
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.oci.access.auth import Authenticator, Proof, is_answerable
from imagedepot.remote.oci.endpoint import Endpoint, Endpoints
from imagedepot.remote.oci.limits import LimitWatch
from imagedepot.remote.oci.peers.peers import Peers
from imagedepot.remote.oci.refusal import Wanted, is_registry, refusal

# Always all of them: registries convert manifests for clients that accept fewer.
_ACCEPT: Final = {"Accept": ", ".join(ACCEPTED)}
_LARGEST_MANIFEST = 4 << 20
_MOST_HOSTS = 3  # hosts on the way to one answer that may each want a login
_DIGEST_HEADER = "Docker-Content-Digest"


@dataclass(frozen=True, slots=True)
class RawManifest:
    """A manifest or index as it was sent, and the digest that its bytes really have; `user` is "" without a login.

    `is_from_peer`: another Image Depot sent it, so that nothing is known of how its registry gives it.
    """

    raw: bytes
    content_type: str
    digest: Digest
    user: str = ""
    is_from_peer: bool = False


@dataclass(frozen=True, slots=True)
class Probe:
    """What the answer to a HEAD says of a manifest; `size` is 0 where it does not say, `user` is "" without a login."""

    digest: Digest
    content_type: str
    size: int
    user: str

    @property
    def is_complete(self) -> bool:
        """Whether it says all that a client may want to know by a HEAD."""
        return self.size > 0 and self.content_type in ACCEPTED


class RegistryClient:
    """Sends requests to registries; safe for many threads. Every failure is a `DepotError` that names image, registry
    and reason. `peers` are asked for digests first, except by `blob`: a fetcher that goes on after them does that."""

    def __init__(
        self,
        transport: Transport,
        authenticator: Authenticator,
        endpoints: Endpoints,
        limits: LimitWatch | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        peers: Peers | None = None,
    ) -> None:
        self.transport = transport
        self.peers = peers or Peers((), transport, NoLogins())
        self.limits = limits or LimitWatch(now)
        self._authenticator = authenticator
        self._endpoints = endpoints
        self._now = now
        self._open: set[str] = set()  # bases of registries that need no login

    def head(
        self,
        reference: Reference,
        cancellation: Cancellation | None = None,
        *,
        decides: bool = False,
        may_be_absent: bool = False,
    ) -> Digest | None:
        """The digest that the reference names now, by one HEAD, which Docker Hub does not count.

        None when a GET has to decide, since some servers refuse only the HEAD of a manifest that they have. With
        `decides` the HEAD is final, and with `may_be_absent` its 404 is.

        Raises `UpstreamNotFound`, `RateLimited`, `Unavailable`, `UpstreamError`.
        """
        found = self.probe(reference, cancellation, decides=decides, may_be_absent=may_be_absent)
        return found.digest if found is not None else None

    def probe(
        self,
        reference: Reference,
        cancellation: Cancellation | None = None,
        *,
        decides: bool = False,
        may_be_absent: bool = False,
    ) -> Probe | None:
        """The same, with what else the answer says."""
        try:
            answer, wanted = self._manifest(reference, "HEAD", reference.familiar, cancellation)
        except ConnectionBroken:
            if decides:
                raise
            return None
        with answer:
            found = _digest(answer.header(_DIGEST_HEADER)) if answer.status == 200 else None
            is_final = decides or answer.status in (401, 429) or (may_be_absent and answer.status == 404)
            if found is None and is_final:
                if answer.status == 200:
                    raise InvalidAnswer(f"{wanted.endpoint.title} does not say which digest {wanted.what} has")
                raise self.refused(answer, wanted)
            if found is None:
                return None
            length = answer.header("Content-Length")
            size = int(length) if length.isascii() and length.isdigit() and len(length) < 10 else 0
            return Probe(found, answer.header("Content-Type").partition(";")[0].strip(), size, wanted.user)

    def manifest(self, reference: Reference, cancellation: Cancellation | None = None, what: str = "") -> RawManifest:
        """Get a manifest by the reference's digest, else by its tag; the bytes match every digest that was named.

        `what` names it in sentences, in place of the reference.

        Raises `DigestMismatch`, and as `head`.
        """
        if reference.digest is not None:
            found = self.peers.manifest(reference, reference.digest, _LARGEST_MANIFEST, cancellation)
            if found is not None:
                return RawManifest(*found, reference.digest, is_from_peer=True)
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
            return RawManifest(raw, answer.header("Content-Type"), actual, wanted.user)

    def blob(
        self,
        reference: Reference,
        digest: Digest,
        offset: int,
        cancellation: Cancellation | None = None,
        size: int | None = None,
    ) -> ByteStream:
        """Open the blob at byte `offset`; always through the registry, since addresses at a CDN expire. `size`: by its
        manifest.

        Raises `UpstreamNotFound`, `InvalidAnswer` (a range that was not asked for), and as `head`.
        """

        def ask(part: Mapping[str, str]) -> Answer:
            return self._blob(reference, digest, part, cancellation)

        return open_stream(ask, offset, size=size)

    def small_blob(
        self, reference: Reference, digest: Digest, limit: int, cancellation: Cancellation | None = None
    ) -> bytes:
        """All of a blob, which the caller has to check. Raises `UpstreamError` beyond `limit` bytes, and as `blob`."""
        found = self.peers.small_blob(reference, digest, limit, cancellation)
        return found if found is not None else self._blob(reference, digest, {}, cancellation).read(limit)

    def ask(
        self,
        reference: Reference,
        method: str,
        path: str,
        what: str,
        headers: Mapping[str, str],
        cancellation: Cancellation | None = None,
    ) -> tuple[Answer, Wanted]:
        """Send a request below `/v2`, authorised as needed. The first address of the registry that works is kept."""
        candidates = self._endpoints.candidates(reference.registry)
        failure: DepotError | None = None
        odd: tuple[Answer, Wanted] | None = None  # may be the answer of a server that wants https
        for endpoint in candidates:
            is_last = endpoint is candidates[-1]
            url = f"{endpoint.base}/v2{path}"
            try:
                answer, wanted = self.ask_at(endpoint, reference.repository, method, url, what, headers, cancellation)
            except (Unavailable, TimedOut, UpstreamError) as error:
                speaks_tls = isinstance(error, UpstreamError) and not isinstance(error, SpeaksPlainHttp)
                if odd is not None and not speaks_tls:
                    self._endpoints.settle(odd[1].endpoint)  # plain http was asked for
                    return odd
                if odd is not None:
                    odd[0].close()
                if failure is not None and isinstance(error, SpeaksPlainHttp):
                    raise failure from error  # it does speak plain http, and failed
                heard = self._endpoints.candidates(reference.registry) == (endpoint,)
                if candidates == (endpoint,) and not isinstance(error, NetworkLost):
                    self._endpoints.forget_working(endpoint)  # it may have changed its protocol
                if isinstance(error, TimedOut) and endpoint.base.startswith("http:"):
                    raise  # a server that wants https answers so, or closes the connection
                if failure is not None or heard or is_last or isinstance(error, NetworkLost):
                    raise
                failure = error
                continue
            except BaseException:
                if odd is not None:
                    odd[0].close()
                raise
            if _wants_tls(answer) and not is_last:
                odd = answer, wanted
                continue
            if odd is not None:
                odd[0].close()
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
        """Send a request to one endpoint, with what each host on the way is known to want, and once more after its 401.

        A registry may redirect us to another one (a vanity domain): its challenge is answered with a token that is sent
        only there, and it never gets the login of the first.
        """
        proof = self._authenticator.proof(endpoint, repository, cancellation)
        home, renewed = Address.of(url), set[str]()
        needs_login = False

        def elsewhere(target: str) -> str:
            known = self._authenticator.known(self._endpoints.at(target), repository)
            return known.header if known and Address.of(target) != home else ""

        while True:
            sent = {**headers, "Authorization": proof.header} if proof else headers
            answer = self.transport.request(
                method, url, sent, given_by=endpoint.given_by, elsewhere=elsewhere, cancellation=cancellation
            )
            if not _wants_tls(answer):
                self._endpoints.settle(endpoint)
            at_home = Address.of(answer.url) == home
            asked = endpoint if at_home or not is_registry(answer) else self._endpoints.at(answer.url, answer.given_by)
            shown = proof if at_home else self._authenticator.known(asked, repository)
            if asked.is_hub:
                self.limits.note(answer)
            try:
                challenge = self._challenge(answer, asked, shown, renewed, cancellation)
                if challenge is None:
                    break
                renewed.add(asked.base)
                new = self._authenticator.renew(asked, repository, challenge, shown, cancellation)
                needs_login = new is None
            except BaseException:
                answer.close()
                raise
            if new is None:
                break
            answer.discard()
            proof = new if at_home else proof
        user = shown.user if shown else ""
        is_hidden = not user and (answer.status == 401 or needs_login)
        trouble = self._authenticator.trouble(asked, repository) if is_hidden else ""
        return answer, Wanted(what, asked, user, needs_login, trouble)

    def _challenge(
        self,
        answer: Answer,
        asked: Endpoint,
        shown: Proof | None,
        renewed: Collection[str],
        cancellation: Cancellation | None,
    ) -> Answer | None:
        """The 401 to answer, if one may help.

        Without a login some registries answer 404, or 401 without a challenge, and send their challenge only at `/v2/`.
        """
        if asked.base in renewed or len(renewed) == _MOST_HOSTS or (answer.redirected and not is_registry(answer)):
            return None
        if answer.status == 401 and is_answerable(answer):
            return answer
        if shown is None and answer.status in (401, 404) and asked.base not in self._open:
            try:
                url = f"{asked.base}/v2/"
                root = self.transport.request("GET", url, given_by=asked.given_by, cancellation=cancellation)
            except Cancelled:
                raise
            except DepotError:
                return answer if answer.status == 401 else None
            root.discard()
            if root.status == 401 and is_answerable(root) and not root.redirected:
                return root
            if root.status == 200:
                self._open.add(asked.base)
        return answer if answer.status == 401 else None

    def refused(self, answer: Answer, wanted: Wanted) -> DepotError:
        """The error for an answer with an unexpected status."""
        with answer:
            return refusal(answer, wanted, self._now())

    def _blob(
        self, reference: Reference, digest: Digest, part: Mapping[str, str], cancellation: Cancellation | None
    ) -> Answer:
        what = f"{reference.familiar} (layer {digest.short})"
        path = f"/{reference.repository}/blobs/{digest}"
        answer, wanted = self.ask(reference, "GET", path, what, part, cancellation)
        if answer.status not in EXPECTED_STATUSES or (answer.status != 200 and not part):
            raise self.refused(answer, wanted)
        if answer.is_html:
            answer.close()
            raise InvalidAnswer(f"{answer.where} answered with a web page instead of {what}")
        return answer

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
    """Whether this is the answer of an https server to plain http."""
    registry = answer.header("Docker-Distribution-Api-Version")
    return answer.status == 400 and answer.url.startswith("http://") and not registry
