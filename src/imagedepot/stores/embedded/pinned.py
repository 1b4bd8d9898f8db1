"""Images of our own stores as downloads pin them: nothing of them has to be fetched to give them to an engine."""

from __future__ import annotations

from contextlib import suppress

from imagedepot.errors import DepotError
from imagedepot.model.content.manifest import OCI_MANIFEST, Descriptor, Index, Manifest, parse_manifest
from imagedepot.model.digest import Digest
from imagedepot.model.image import RemoteFile, ResolvedLxc, ResolvedOci
from imagedepot.model.names.reference import Reference
from imagedepot.protocols import Blobs, Entry
from imagedepot.stores.embedded.lxc_index import LxcEntry


def pinned_oci(entry: Entry, blobs: Blobs) -> ResolvedOci:
    """By the upstream's own manifests where they are here, else by ours. Raises `ImageNotFound`, `InvalidAnswer`."""
    chosen = _upstream(entry, "upstream.manifest", blobs)
    if chosen is None or not isinstance(chosen[1], Manifest):
        raw = blobs.read(entry.digest)
        blobs.keep_upstream(entry.digest, raw)
        chosen = _described(entry.digest, raw, entry.name, OCI_MANIFEST)
    descriptor, manifest = chosen
    assert isinstance(manifest, Manifest)  # what an entry names is the manifest of one image
    root = _upstream(entry, "upstream", blobs)
    return ResolvedOci(
        Reference.parse(entry.name),
        root[0] if root is not None else descriptor,
        descriptor,
        manifest.config,
        manifest.layers,
        entry.platform,
    )


def pinned_lxc(entry: LxcEntry, blobs: Blobs) -> ResolvedLxc:
    return ResolvedLxc(
        entry.name,
        entry.architecture,
        tuple(RemoteFile("", blobs.size(digest), digest) for digest in entry.files),
        None,
        dict(entry.properties),
        entry.created,
        unverified=not entry.verified,
    )


def _upstream(entry: Entry, fact: str, blobs: Blobs) -> tuple[Descriptor, Manifest | Index] | None:
    """What an upstream sent; None where it is not here any more."""
    digest = Digest.try_parse(entry.facts.get(fact))
    raw = blobs.kept_upstream(digest) if digest is not None else None
    if digest is None or raw is None:
        return None
    with suppress(DepotError):
        return _described(digest, raw, entry.name)
    return None


def _described(digest: Digest, raw: bytes, title: str, media_type: str = "") -> tuple[Descriptor, Manifest | Index]:
    parsed = parse_manifest(raw, media_type, title)
    return Descriptor(parsed.media_type, digest, len(raw)), parsed
