"""What uses the disk, as the service and the commands without one count it."""

from __future__ import annotations

from collections.abc import Callable, Collection

from imagedepot.service.space import SpaceService
from imagedepot.wiring.cold import Cold


def open_space(cold: Cold, resumable: Callable[[], Collection[str]], mirror: Callable[[], int]) -> SpaceService:
    """`resumable`: partial files that are gone on from; `mirror`: bytes that its cache alone needs."""
    stores = cold.stores
    return SpaceService(
        cold.disk,
        cold.blobs,
        lambda: stores.in_use,
        stores.collector,
        stores.all_references,
        resumable,
        cold.unfinished,
        stores.embedded_lxc.made,
        stores.embedded_oci.upstream_references,
        stores.forget_unnamed,
        mirror,
    )
