"""The dialect of `/api/v1`: every operation, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Sequence

from imagedepot.api.audit import resource as audit
from imagedepot.api.http.operation import Operation
from imagedepot.api.http.pages import Pages
from imagedepot.api.services import Parts
from imagedepot.api.sign_in import openid
from imagedepot.api.v1 import catalogs, clients, mirror, notifications, registries, settings, space, stores, system
from imagedepot.api.v1.images import archives, downloads, engine_loads, image, listing, tags, updates
from imagedepot.api.v1.people import session, tokens, users

_RESOURCES = (
    listing,
    downloads,
    tags,
    archives,
    engine_loads,
    image,
    session,
    openid,
    users,
    tokens,
    settings,
    space,
    stores,
    catalogs,
    registries,
    notifications,
    clients,
    mirror,
    updates,
    audit,
    system,
)


def operations(parts: Parts) -> Sequence[Operation]:
    known = [operation for resource in _RESOURCES for operation in resource.operations(parts)]
    return (*known, *Pages(parts, known).operations())
