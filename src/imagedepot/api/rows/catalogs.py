"""Catalogs, and how they fare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imagedepot.api.rows.values import moment

if TYPE_CHECKING:
    from imagedepot.service.catalogs import CatalogState


def catalog_row(catalog: CatalogState) -> dict[str, Any]:
    return {
        "address": catalog.address,
        "title": catalog.title,
        "format": catalog.format,
        "rows": catalog.rows,
        "skipped": catalog.skipped,
        "fetched": moment(catalog.fetched),
        "error": catalog.error,
    }
