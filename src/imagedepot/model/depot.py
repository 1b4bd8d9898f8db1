"""Depots by their ids, and the kinds of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NewType

DepotId = NewType("DepotId", str)
"""The name of one depot in requests, rows and addresses, such as `dockerhub`. Which ones there are, `wiring` says."""

LOCAL = DepotId("local")
"""In lists what is installed on this host; in requests an archive that is being loaded (`docs/decisions/0041`)."""
APPCENTER = DepotId("appcenter")
OFFICIAL = DepotId("official")
DOCKERHUB = DepotId("dockerhub")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def try_depot_id(value: object) -> DepotId | None:
    """A depot's id as it was written down, also of a depot that is no longer there; None for anything else."""
    return DepotId(value) if isinstance(value, str) and _ID.fullmatch(value) else None


class DepotKind(StrEnum):
    """What the rows of a depot are, and so which keys they have on the wire. Several depots may be of one kind."""

    ARCHIVES = "archives"
    CATALOGS = "catalogs"
    OFFICIAL = "official"
    REGISTRY = "registry"

    @property
    def is_local(self) -> bool:
        """Whether its images are files on this host, so that no upstream has them."""
        return self is DepotKind.ARCHIVES

    @property
    def names_images(self) -> bool:
        """Whether each row is one image, with its tag. Rows of the other kinds are repositories."""
        return self is DepotKind.CATALOGS

    @property
    def ranks_rows(self) -> bool:
        """Whether an upstream searches, and puts its best matches first."""
        return self is DepotKind.REGISTRY


BUILT_IN: Mapping[DepotId, DepotKind] = {
    LOCAL: DepotKind.ARCHIVES,
    APPCENTER: DepotKind.CATALOGS,
    OFFICIAL: DepotKind.OFFICIAL,
    DOCKERHUB: DepotKind.REGISTRY,
}
"""The depots that every service has, and their kinds."""
