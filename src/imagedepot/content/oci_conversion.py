"""Converts a Docker schema2 manifest into an OCI manifest over the same config and layers.

Tools that read image layouts refuse Docker's own manifests there (tried: one finds no descriptor, another cannot read
them), so the layout names the converted one; the upstream's bytes are kept beside it, and its digest stays the one that
is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from imagedepot.files import stored_json
from imagedepot.model.content.manifest import OCI_CONFIG, OCI_MANIFEST, Descriptor
from imagedepot.model.digest import Digest
from imagedepot.model.image import ResolvedOci
from imagedepot.protocols import Content

_OCI_LAYER = "application/vnd.oci.image.layer."
_VENDORS = ("application/vnd.oci.", "application/vnd.docker.")
_PACKINGS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


def oci_manifest(resolved: ResolvedOci, content: Content, upstream: Callable[[Digest], bytes]) -> bytes:
    """The manifest for the layout: the upstream's own where it is an OCI manifest with typed layers, so that its digest
    stays; else a converted one."""
    typed = all(layer.media_type.startswith(_VENDORS) for layer in resolved.layers)
    if resolved.manifest.media_type == OCI_MANIFEST and typed:
        return upstream(resolved.manifest.digest)
    return converted_manifest(resolved.config, [_typed(layer, content) for layer in resolved.layers])


def converted_manifest(config: Descriptor, layers: Sequence[Descriptor]) -> bytes:
    """The bytes of the converted manifest; always the same for the same image."""
    return stored_json.encode(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": {"mediaType": OCI_CONFIG, "digest": str(config.digest), "size": config.size},
            "layers": [
                {"mediaType": oci_layer_type(layer.media_type), "digest": str(layer.digest), "size": layer.size}
                for layer in layers
            ],
        }
    )


def oci_layer_type(media_type: str) -> str:
    """The OCI type of a layer: `…rootfs.diff.tar.gzip` is `…layer.v1.tar+gzip`; OCI types stay as they are."""
    if media_type.startswith(_OCI_LAYER):
        return media_type
    packing = next((each for each in ("gzip", "zstd") if media_type.endswith(each)), "")
    foreign = "nondistributable." if ".foreign." in media_type else ""
    return f"{_OCI_LAYER}{foreign}v1.tar" + (f"+{packing}" if packing else "")


def _typed(layer: Descriptor, content: Content) -> Descriptor:
    """A layer with a type: by its own type, else by its first bytes; gzip when it is not here."""
    if layer.media_type.startswith(_VENDORS):
        return layer
    packing = packing_of(layer.digest, content)
    suffix = "+gzip" if packing is None else f"+{packing}" if packing else ""
    return replace(layer, media_type=f"{_OCI_LAYER}v1.tar{suffix}")


def packing_of(layer: Digest, content: Content) -> str | None:
    """`gzip`, `zstd` or "" for a plain archive, by the layer's first bytes; None when it is not here."""
    if not content.has(layer):
        return None
    with content.open(layer) as file:
        first = file.read(4)
    return next((name for magic, name in _PACKINGS.items() if first.startswith(magic)), "")
