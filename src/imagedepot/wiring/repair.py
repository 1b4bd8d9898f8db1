"""Builds the verification of blobs and the repair of damaged ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from imagedepot.content.verify import Problem, Verifier
from imagedepot.service.repair import Repair
from imagedepot.wiring.cold import Cold


def open_repair(cold: Cold, found: Callable[[Sequence[tuple[Problem, bool]]], object] = lambda _: None) -> Repair:
    verifier = Verifier(cold.blobs, cold.stores.all_references, cold.stores.collector.unnamed)
    stores = cold.stores
    return Repair(verifier, cold.blobs, stores.own, stores.engines, cold.upstreams.depots, cold.pipeline, found)
