"""Pushed manifests and deletions: rows, and lines of `index.json` for the images among them."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from imagedepot.content import reachable
from imagedepot.content.gc import GarbageCollector
from imagedepot.errors import (
    DepotError,
    ImageNotFound,
    InvalidReference,
    NotAnImage,
    NotFound,
    StorageFailure,
    TooLarge,
)
from imagedepot.model.content.config import LARGEST_CONFIG, parse_config, platform_of
from imagedepot.model.content.manifest import INDEXES, MANIFESTS, Descriptor, Index, Manifest, parse_manifest
from imagedepot.model.depot import LOCAL
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ImageType, ResolvedOci
from imagedepot.model.names.reference import Reference, is_tag
from imagedepot.model.names.upstreams import OWN_HOST
from imagedepot.model.platform import Platform
from imagedepot.protocols import Blobs
from imagedepot.service.distribution.failures import InvalidManifest, MissingBlob, WrongDigest
from imagedepot.service.distribution.own import OwnRepositories, PushedManifest, PushedTag
from imagedepot.stores.embedded.oci import EmbeddedOciStore

_log = logging.getLogger(__name__)
LARGEST_MANIFEST = reachable.LARGEST_MANIFEST
_MOST_TAGS = 100
_LONGEST_TYPE = 255
_DEEPEST = 8
_NOT_DISTRIBUTED = ("nondistributable", ".foreign.")


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push made: `tags` name `manifest` now."""

    manifest: PushedManifest
    tags: Sequence[str]


class Pushes:
    """`platform` returns the one whose image stands for an index; `collector` frees what a removal leaves behind."""

    def __init__(
        self,
        repositories: OwnRepositories,
        blobs: Blobs,
        store: EmbeddedOciStore,
        platform: Callable[[], Platform],
        collector: GarbageCollector,
    ) -> None:
        self._repositories = repositories
        self._blobs = blobs
        self._store = store
        self._platform = platform
        self._sweeper = _Sweeper(repositories, collector)
        self._changing = threading.Lock()

    def put(self, repository: str, raw: bytes, media_type: str, label: str, tags: Collection[str] = ()) -> Pushed:
        """Keep a manifest as it came. `label` is a tag, or the digest that it must have, and then `tags` name it too.

        Raises `InvalidReference`, `InvalidManifest`, `MissingBlob`, `WrongDigest`, `TooLarge`, `StorageFailure`.
        """
        named = _tags(label, tags)
        digest = _digest(raw, label)
        body, media_type = _read(raw, media_type)
        with self._blobs.lease() as lease:
            lease.pin([digest])
            self._check_parts(repository, body, media_type)
            self._blobs.put(raw, digest.algorithm)
            self._blobs.settle()
            manifest = PushedManifest(digest, media_type, _subject(body))
            with self._changing:
                image = self._resolved(repository, digest, media_type)
                self._repositories.add_manifest(
                    repository, manifest, {tag: PushedTag(digest, image is not None) for tag in named}
                )
                for tag in named:
                    self._list(repository, tag, image)
        return Pushed(manifest, named)

    def raw(self, manifest: PushedManifest) -> bytes:
        """The bytes of a manifest. Raises `ImageNotFound` where they are gone or damaged."""
        try:
            raw = self._blobs.read(manifest.digest)
        except (ImageNotFound, StorageFailure):
            raw = b""
        if Digest.of(raw, manifest.digest.algorithm) != manifest.digest:
            raise ImageNotFound(str(manifest.digest))
        return raw

    def referrers(self, repository: str, subject: Digest) -> Sequence[dict[str, Any]]:
        """Descriptors of what refers to `subject`, as the answer of `/v2/…/referrers/` lists them."""
        found = []
        for manifest in self._repositories.referrers(repository, subject):
            with suppress(ImageNotFound):
                found.append(_descriptor(manifest, self.raw(manifest)))
        return found

    def delete(self, repository: str, label: str) -> None:
        """Delete a tag alone, or by digest a manifest with its tags. Raises `NotFound`, `InvalidReference`."""
        with self._changing:
            if is_tag(label):
                if label not in self._repositories.tags(repository):
                    raise NotFound(f"{repository} has no tag {label}")
                self._repositories.remove_tags(repository, [label])
                gone: Collection[str] = [label]
            else:
                gone = self._repositories.remove_manifest(repository, Digest.parse(label))
            self._unlist(repository, gone)
        self._sweeper.sweep_soon()

    def delete_blob(self, repository: str, digest: Digest) -> None:
        """Delete a blob from its repository. Raises `NotFound`."""
        self._repositories.remove_blob(repository, digest)
        self._sweeper.sweep_soon()

    def forget(self, name: str, tag: str | None) -> bool:
        """Remove the tag of a removed image, and what no other tag needs; without a tag, the repository.

        Whether something went; `name` is familiar, `depot.internal/team/app`, and others are not ours.
        """
        host, _, repository = name.partition("/")
        if host != OWN_HOST or not self._repositories.owns(repository):
            return False
        with self._changing:
            if tag is None:
                self._unlist(repository, self._repositories.remove(repository))
            elif tag in self._repositories.tags(repository):
                self._repositories.remove_tags(repository, [tag])
                self._unlist(repository, [tag])
                self._remove_untagged(repository)
            else:
                return False
        self._sweeper.sweep_soon()
        return True

    def reconcile(self) -> None:
        """At a start: list again what a kill, or the loss of the index, left out."""
        for repository in self._repositories.names():
            for tag, each in self._repositories.tags(repository).items():
                listed = self._store.upstream_digest(f"{OWN_HOST}/{repository}:{tag}")
                manifest = self._repositories.manifest(repository, tag)
                if each.is_listed and listed != each.digest and manifest is not None:
                    with self._changing, suppress(DepotError):
                        self._list(repository, tag, self._resolved(repository, manifest.digest, manifest.media_type))

    def close(self) -> None:
        self._sweeper.close()

    def _remove_untagged(self, repository: str) -> None:
        """Manifests that no tag leads to, except for those that refer, if by way of others, to what a tag leads to."""
        referrers: dict[Digest, list[Digest]] = {}
        for manifest in self._repositories.manifests(repository):
            if manifest.subject is not None:
                referrers.setdefault(manifest.subject, []).append(manifest.digest)
        kept: set[Digest] = set()
        waiting = [each.digest for each in self._repositories.tags(repository).values()]
        while waiting:
            for digest in self._repositories.needs(waiting.pop()) - kept:
                kept.add(digest)
                waiting += referrers.get(digest, ())
        for manifest in self._repositories.manifests(repository):
            if manifest.digest not in kept:
                self._repositories.remove_manifest(repository, manifest.digest)

    def _check_parts(self, repository: str, body: dict[str, Any], media_type: str) -> None:
        """What an image or an index names must be in the repository; what it refers to need not."""
        if media_type not in INDEXES | MANIFESTS:
            return
        for what, part in _parts(body):
            try:
                digest = Digest.parse(part["digest"])
            except (InvalidReference, KeyError, TypeError) as error:
                raise InvalidManifest(f"{what} has no digest, or one that is neither sha256 nor sha512") from error
            if what == "An entry of the index":
                here = self._repositories.manifest(repository, str(digest)) is not None
                here = here or self._repositories.has_blob(repository, digest)
            else:
                here = _is_elsewhere(part) or self._repositories.has_blob(repository, digest)
            if not here:
                raise MissingBlob(f"{what} is not in {repository}: {digest}")

    def _list(self, repository: str, tag: str, image: ResolvedOci | None) -> None:
        """List a pushed image in `from=local`, which has no artifacts. With the lock held."""
        if image is None:
            self._unlist(repository, [tag])
            return
        reference = Reference.for_tag(f"{OWN_HOST}/{repository}", tag)
        request = ImageRequest(LOCAL, ImageType.DOCKER, reference.familiar_name, tag)
        resolved = ResolvedOci(reference, image.root, image.manifest, image.config, image.layers, image.platform)
        self._store.install(request, resolved, self._blobs, [], lambda *_: None)

    def _unlist(self, repository: str, tags: Collection[str]) -> None:
        for tag in tags:
            with suppress(ImageNotFound):
                self._store.forget(f"{OWN_HOST}/{repository}:{tag}")

    def _resolved(self, repository: str, digest: Digest, media_type: str) -> ResolvedOci | None:
        """The image that a manifest is, or the one of an index that runs here, else its first; None for an artifact."""
        reference = Reference.for_tag(f"{OWN_HOST}/{repository}", str(digest))
        root = Descriptor(media_type, digest, self._blobs.size(digest))
        try:
            return self._image(reference, root, root, _DEEPEST, set())
        except (DepotError, OSError):
            return None

    def _image(
        self, reference: Reference, root: Descriptor, at: Descriptor, deepest: int, tried: set[Digest]
    ) -> ResolvedOci | None:
        """`tried` are the manifests that were read already. An index may name any blob of the repository, and each as
        often as it likes: nothing is read twice, and nothing that is too large.

        Raises `DepotError` or OSError for what is no image, or not here as a whole.
        """
        if at.digest in tried or self._blobs.size(at.digest) > LARGEST_MANIFEST:
            return None
        tried.add(at.digest)
        parsed = parse_manifest(self._blobs.read(at.digest), at.media_type, str(reference))
        if isinstance(parsed, Manifest):
            if self._blobs.size(parsed.config.digest) > LARGEST_CONFIG:
                return None
            config = parse_config(self._blobs.read(parsed.config.digest), str(reference))
            if not all(self._blobs.has(layer.digest) for layer in parsed.layers):
                return None
            manifest = Descriptor(parsed.media_type, at.digest, self._blobs.size(at.digest))
            return ResolvedOci(
                reference, root, manifest, parsed.config, parsed.layers, at.platform or platform_of(config)
            )
        for entry in self._candidates(parsed) if deepest else ():
            try:
                found = self._image(reference, root, entry, deepest - 1, tried)
            except (DepotError, OSError):
                continue
            if found is not None:
                return found
        return None

    def _candidates(self, index: Index) -> Iterator[Descriptor]:
        best = index.named(self._platform())
        if best is not None:
            yield best
        yield from index.images


class _Sweeper:
    """Frees in the background what deletions leave behind: one clean-up for many of them."""

    def __init__(self, repositories: OwnRepositories, collector: GarbageCollector) -> None:
        self._repositories = repositories
        self._collector = collector
        self._lock = threading.Lock()
        self._wanted = False
        self._thread: threading.Thread | None = None
        self._closed = False

    def sweep_soon(self) -> None:
        with self._lock:
            self._wanted = True
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="push-sweep", daemon=True)
                self._thread.start()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._wanted:
                    self._thread = None
                    return
                self._wanted = False
            try:
                self._repositories.drop_stale_blobs()
                self._collector.sweep()
            except DepotError as error:
                _log.warning("clean-up after a deletion: %s", error)


def _tags(label: str, tags: Collection[str]) -> Sequence[str]:
    """The tags that the manifest gets. Raises `InvalidReference`, `TooLarge`."""
    if not is_tag(label):
        Digest.parse(label)
    named = list(dict.fromkeys([*([label] if is_tag(label) else []), *tags]))
    if len(named) > _MOST_TAGS:
        raise TooLarge(f"A manifest gets at most {_MOST_TAGS} tags at once")
    for tag in named:
        if not is_tag(tag):
            raise InvalidReference(f"Not a valid tag: {tag[:150]!r}")
    return named


def _digest(raw: bytes, label: str) -> Digest:
    """Raises `WrongDigest`, `TooLarge`."""
    if len(raw) > LARGEST_MANIFEST:
        raise TooLarge(f"A manifest has at most {LARGEST_MANIFEST:,} bytes")
    if is_tag(label):
        return Digest.of(raw)
    wanted = Digest.parse(label)
    actual = Digest.of(raw, wanted.algorithm)
    if actual != wanted:
        raise WrongDigest(f"The manifest is {actual}, and not {wanted}")
    return actual


def _read(raw: bytes, content_type: str) -> tuple[dict[str, Any], str]:
    """The manifest as JSON, and its media type. Raises `InvalidManifest`."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InvalidManifest("The manifest is not JSON") from error
    if not isinstance(body, dict):
        raise InvalidManifest("The manifest is not a JSON object")
    sent = content_type.partition(";")[0].strip()
    declared = body.get("mediaType", "")
    if not isinstance(declared, str) or (sent and declared and sent != declared):
        raise InvalidManifest(f"The manifest says that it is {str(declared)[:100]!r}, its Content-Type {sent[:100]!r}")
    media_type = declared or sent
    if not media_type or len(media_type) > _LONGEST_TYPE or not media_type.isascii() or not media_type.isprintable():
        raise InvalidManifest("The manifest has no media type, or an invalid one")
    try:
        if media_type in INDEXES | MANIFESTS:
            parse_manifest(raw, media_type, "The manifest")
    except NotAnImage:
        pass  # an artifact
    except DepotError as error:
        raise InvalidManifest(str(error)) from error
    return body, media_type


def _parts(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a manifest consists of, each with the beginning of a sentence about it."""
    config = body.get("config")
    if isinstance(config, dict):
        yield "The config", config
    for key, what in (("layers", "A layer"), ("manifests", "An entry of the index")):
        rows = body.get(key)
        if rows is not None and not isinstance(rows, list):
            raise InvalidManifest(f"The {key} of the manifest are not a list")
        for row in rows or ():
            if not isinstance(row, dict):
                raise InvalidManifest(f"{what} is not a JSON object")
            yield what, row


def _is_elsewhere(layer: dict[str, Any]) -> bool:
    """Whether a layer may not be distributed, so that clients do not push it."""
    return any(each in str(layer.get("mediaType", "")) for each in _NOT_DISTRIBUTED)


def _subject(body: dict[str, Any]) -> Digest | None:
    """Raises `InvalidManifest`."""
    subject = body.get("subject")
    if subject is None:
        return None
    digest = Digest.try_parse(subject.get("digest")) if isinstance(subject, dict) else None
    if digest is None:
        raise InvalidManifest("The subject of the manifest has no digest, or one that is neither sha256 nor sha512")
    return digest


def _descriptor(manifest: PushedManifest, raw: bytes) -> dict[str, Any]:
    body = json.loads(raw)
    config = body.get("config")
    kind = body.get("artifactType") or (config.get("mediaType") if isinstance(config, dict) else None)
    annotations = body.get("annotations")
    return {
        "mediaType": manifest.media_type,
        "digest": str(manifest.digest),
        "size": len(raw),
        **({"artifactType": kind} if isinstance(kind, str) and kind else {}),
        **({"annotations": annotations} if isinstance(annotations, dict) and annotations else {}),
    }
