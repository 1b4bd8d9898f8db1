"""Resolves a docker image, from its reference to its pinned files (`docs/architecture.md`, "One download, walked").

Every depot that brings docker images delegates to it: depots differ in what they list, not in where bytes are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from imagedepot.cancellation import Cancellation
from imagedepot.errors import DigestMismatch, InvalidAnswer, UpstreamError, UpstreamNotFound
from imagedepot.model.content.config import LARGEST_CONFIG, parse_config, platform_of
from imagedepot.model.content.manifest import Descriptor, Index, Manifest, parse_manifest
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ResolvedOci
from imagedepot.model.names.reference import DOCKER_HUB, Reference
from imagedepot.model.platform import Platform
from imagedepot.protocols import ByteStream, Fetcher
from imagedepot.remote.http.address import AddressSource, Zone
from imagedepot.remote.http.answers.answer import Answer
from imagedepot.remote.http.answers.decoding import DecodedStream
from imagedepot.remote.http.answers.ranges import EXPECTED_STATUSES, open_stream
from imagedepot.remote.oci.choice import IndexReader
from imagedepot.remote.oci.peers.fetcher import PeersFirst
from imagedepot.remote.oci.registry import RawManifest, RegistryClient

_MOST_ENTRIES = 100
_MOST_BYTES = 32 << 20

Keep = Callable[[Digest, bytes], None]
Kept = Callable[[Digest], bytes | None]


class _Budget:
    """How much one resolve may read below its root: nested indexes must not fill the disk."""

    def __init__(self, image: str) -> None:
        self._image = image
        self._entries = 0
        self._bytes = 0

    def take(self, size: int) -> None:
        """Count an entry. Raises `InvalidAnswer` when there are too many, or too many bytes."""
        self._entries += 1
        self._bytes += size
        if self._entries > _MOST_ENTRIES or self._bytes > _MOST_BYTES:
            raise InvalidAnswer(
                f"{self._image}: refused, because its index leads to more than {_MOST_ENTRIES} further indexes and "
                f"manifests, or to more than {_MOST_BYTES >> 20} MiB of them, before one is for this platform"
            )


class OciSource:
    """The origin of docker images.

    `keep` saves the bytes of every manifest and index; `kept` returns them, so that they are not fetched again.
    `platform` is the default one.
    """

    keeps_digests = True

    def __init__(self, client: RegistryClient, keep: Keep, kept: Kept, platform: Callable[[], Platform]) -> None:
        self._client = client
        self._keep = keep
        self._kept = kept
        self._platform = platform

    def current(
        self, request: ImageRequest, cancellation: Cancellation | None = None, *, is_check: bool = False
    ) -> Digest:
        """As `protocols.Origin.current`; a digest needs no request."""
        reference = Reference.for_tag(request.name, request.tag)
        if reference.digest is not None:
            return reference.digest
        is_counted = reference.registry == DOCKER_HUB
        known = self._client.head(reference, cancellation, decides=is_check and is_counted)
        if known is not None:
            return known
        raw = self._client.manifest(reference, cancellation)
        self._keep(raw.digest, raw.raw)
        return raw.digest

    def resolve(
        self, request: ImageRequest, known: Digest | None, cancellation: Cancellation | None = None
    ) -> ResolvedOci:
        """As `protocols.Origin.resolve`: one GET for each manifest and index on the way."""
        reference = Reference.for_tag(request.name, request.tag)
        wanted = request.platform or self._platform()
        raw = self._root(reference, known, cancellation)
        parsed = parse_manifest(raw.raw, raw.content_type, reference.familiar)
        root = Descriptor(parsed.media_type, raw.digest, len(raw.raw))
        self._keep(raw.digest, raw.raw)
        if isinstance(parsed, Manifest):
            return ResolvedOci(reference, root, root, parsed.config, parsed.layers)
        entry, manifest = self._reader(reference, cancellation).choose(parsed, wanted)
        return ResolvedOci(reference, root, entry, manifest.config, manifest.layers, entry.platform)

    def fetcher(self, resolved: ResolvedOci) -> Fetcher[Descriptor]:
        reference = resolved.reference
        return PeersFirst(self._client.peers, reference, RegistryFetcher(self._client, reference))

    def platforms(self, reference: Reference, cancellation: Cancellation | None = None) -> tuple[Platform, ...]:
        """The platforms of the index, ascending; empty for a single image, whose platform only its config has."""
        raw = self._client.manifest(reference, cancellation)
        parsed = parse_manifest(raw.raw, raw.content_type, reference.familiar)
        if isinstance(parsed, Manifest):
            return ()
        return tuple(sorted(self._reader(reference, cancellation).platforms(parsed)))

    def _root(self, reference: Reference, known: Digest | None, cancellation: Cancellation | None) -> RawManifest:
        """The root, by the digest of the HEAD, so that it does no harm when the tag moves meanwhile."""
        if reference.digest is not None:
            return self._by_digest(reference, reference.digest, cancellation)
        if known is None:
            return self._client.manifest(reference, cancellation)
        try:
            return self._by_digest(reference, known, cancellation)
        except UpstreamNotFound:
            # The registry does not know the digest that it named. What the tag returns counts, if it matches.
            raw = self._client.manifest(reference, cancellation)
            if raw.digest != known:
                what = f"The manifest of {reference.familiar}"
                raise DigestMismatch(what, str(known), str(raw.digest)) from None
            return raw

    def _reader(self, reference: Reference, cancellation: Cancellation | None) -> IndexReader:
        budget = _Budget(reference.familiar)
        return IndexReader(
            reference.familiar,
            lambda entry: self._entry(reference, entry, budget, cancellation),
            lambda manifest: self._platform_of(reference, manifest.config, cancellation),
        )

    def _platform_of(
        self, reference: Reference, config: Descriptor, cancellation: Cancellation | None
    ) -> Platform | None:
        """The platform that a config names; None when it names none, or is not a config."""
        if config.size > LARGEST_CONFIG:
            return None
        raw = self._client.small_blob(reference, config.digest, LARGEST_CONFIG, cancellation)
        if len(raw) != config.size or Digest.of(raw, config.digest.algorithm) != config.digest:
            return None
        try:
            return platform_of(parse_config(raw, reference.familiar))
        except InvalidAnswer:
            return None

    def _entry(
        self, reference: Reference, entry: Descriptor, budget: _Budget, cancellation: Cancellation | None
    ) -> tuple[Manifest | Index, int]:
        """The manifest or index of an entry, checked by its digest, and its true size."""
        raw = self._by_digest(reference, entry.digest, cancellation)
        budget.take(len(raw.raw))
        self._keep(entry.digest, raw.raw)
        return parse_manifest(raw.raw, raw.content_type, reference.familiar), len(raw.raw)

    def _by_digest(self, reference: Reference, digest: Digest, cancellation: Cancellation | None) -> RawManifest:
        kept = self._kept(digest)
        if kept is not None:
            return RawManifest(kept, "", digest)
        return self._client.manifest(reference.with_digest(digest), cancellation, reference.familiar)


class RegistryFetcher:
    """A `protocols.Fetcher` for blobs of one repository."""

    def __init__(self, client: RegistryClient, reference: Reference) -> None:
        self._client = client
        self._reference = reference
        self._packed: set[Digest] = set()  # blobs that arrive compressed and so cannot be resumed

    def open(
        self,
        content: Descriptor,
        offset: int,
        validator: str | None = None,
        cancellation: Cancellation | None = None,
    ) -> ByteStream:
        """Open a blob at the registry; a foreign layer (Windows bases) at the URL in its manifest."""
        try:
            begin = 0 if content.digest in self._packed else offset
            stream = self._client.blob(self._reference, content.digest, begin, cancellation, content.size)
        except UpstreamNotFound:
            for url in content.urls:
                elsewhere = self._elsewhere(url, content.size, offset, cancellation)
                if elsewhere is not None:
                    return elsewhere
            raise
        if isinstance(stream, DecodedStream):
            self._packed.add(content.digest)
        return stream

    def _elsewhere(self, url: str, size: int, offset: int, cancellation: Cancellation | None) -> ByteStream | None:
        public = AddressSource("https", Zone.PUBLIC)

        def ask(part: Mapping[str, str]) -> Answer:
            answer = self._client.transport.request("GET", url, part, given_by=public, cancellation=cancellation)
            if answer.status not in EXPECTED_STATUSES:
                answer.close()
                raise UpstreamError(f"{answer.where} answered {answer.status}")
            return answer

        try:
            return open_stream(ask, offset, size=size)
        except UpstreamError:
            return None
