"""One image of an archive, with the place of each of its blobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imagedepot.content.archives.archive_file import Span
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.digest import Digest
from imagedepot.model.platform import Platform


@dataclass(frozen=True, slots=True)
class PinnedImage:
    """`root` is what its name means (an index or a manifest), `manifest` the one for its platform; `documents` has the
    bytes of both. `spans`: where config and layers lie."""

    root: Descriptor
    manifest: Descriptor
    documents: Sequence[bytes]
    config: Descriptor
    layers: tuple[Descriptor, ...]
    spans: Mapping[Digest, Span]
    platform: Platform | None = None
