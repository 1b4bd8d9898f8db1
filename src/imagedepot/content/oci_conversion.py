"""An OCI twin of a Docker schema2 manifest, over the same config and layers.

Tools that read image layouts refuse Docker's own manifests there (tried: "no descriptor found", "not implemented"), so
the layout names the twin; the upstream's own bytes are kept beside it and its digest stays the one that people see.
"""

from __future__ import annotations

from collections.abc import Callable

import orjson

from imagedepot.model.digest import Digest
from imagedepot.model.image import ResolvedOci
from imagedepot.model.manifest import OCI_CONFIG, OCI_MANIFEST, Descriptor

_OCI_LAYER = "application/vnd.oci.image.layer."


def oci_manifest(resolved: ResolvedOci, upstream: Callable[[Digest], bytes]) -> bytes:
    """The upstream's own manifest, so that its digest stays; of a Docker manifest the twin."""
    if resolved.manifest.media_type == OCI_MANIFEST:
        return upstream(resolved.manifest.digest)
    return converted_manifest(resolved.config, resolved.layers)


def converted_manifest(config: Descriptor, layers: tuple[Descriptor, ...]) -> bytes:
    """The bytes of the twin manifest; the same for the same image, always."""
    return orjson.dumps(
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
    """`…rootfs.diff.tar.gzip` is `…layer.v1.tar+gzip`; a type of OCI's own stays as it is."""
    if media_type.startswith(_OCI_LAYER):
        return media_type
    packing = next((each for each in ("gzip", "zstd") if media_type.endswith(each)), "")
    foreign = "nondistributable." if ".foreign." in media_type else ""
    return f"{_OCI_LAYER}{foreign}v1.tar" + (f"+{packing}" if packing else "")
