"""Stores in use, engines that were seen, catalogs."""

from __future__ import annotations

from typing import Any

from imagedepot.stores.shared.status import SeenEngine, StoreStatus


def store_row(status: StoreStatus) -> dict[str, Any]:
    return {
        "type": status.type,
        "kind": status.kind,
        "address": status.address,
        "version": status.version,
        "available": status.available,
        "reason": status.reason,
    }


def engine_row(engine: SeenEngine) -> dict[str, Any]:
    return {"type": engine.type, "kind": engine.kind, "address": engine.address, "version": engine.version}
