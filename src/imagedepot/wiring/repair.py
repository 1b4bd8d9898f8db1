"""What looks through the blobs, and fetches again what is wrong with them."""

from __future__ import annotations

from imagedepot.content.verify import Verifier
from imagedepot.service.repair import Repair
from imagedepot.wiring.cold import Cold


def open_repair(cold: Cold) -> Repair:
    verifier = Verifier(cold.blobs, cold.stores.all_references, cold.stores.collector.unnamed)
    stores = cold.stores
    return Repair(verifier, cold.blobs, stores.own, stores.engines, cold.upstreams.depots, cold.pipeline)
