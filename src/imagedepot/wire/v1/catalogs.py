"""Catalogs that feed the App Center."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from imagedepot.wire.v1.base import Answer, Body, Count, about, moment

if TYPE_CHECKING:
    from imagedepot.service.catalogs import CatalogState


class Catalog(Answer):
    """One catalog, and the state that it is in."""

    address: Annotated[str, about("`builtin`, an http(s) address, or a file's absolute path.")]
    title: Annotated[str, about("For people.")]
    format: Annotated[str, about("Its format; empty while it was never read.")]
    rows: Annotated[Count, about("Images that it lists.")]
    skipped: Annotated[Count, about("Broken rows that were left out.")]
    fetched: Annotated[datetime | None, about("When it was last read successfully.")]
    error: Annotated[str | None, about("Why it could not be read the last time.")]

    @classmethod
    def of(cls, catalog: CatalogState) -> Catalog:
        return cls(
            address=catalog.address,
            title=catalog.title,
            format=catalog.format,
            rows=catalog.rows,
            skipped=catalog.skipped,
            fetched=moment(catalog.fetched),
            error=catalog.error,
        )


class NewCatalog(Body):
    """The catalog to add."""

    address: Annotated[str, about("An http(s) address or a file's path; later catalogs count less.")]
