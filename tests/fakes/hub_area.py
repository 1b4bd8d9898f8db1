"""Which part of Docker Hub a path belongs to: faults are named by what a user was doing."""

from __future__ import annotations

from enum import Enum

from tests.fakes.guard import repository_of
from tests.fakes.hub_repositories import about
from tests.fakes.hub_search import V1, V2, V4


class Area(Enum):
    """A part of Docker Hub."""

    SEARCH_V4 = "search v4"
    SEARCH_V2 = "search v2"
    SEARCH_V1 = "search v1"
    LIST = "list of a namespace"
    DETAIL = "one repository"
    TAGS = "tags"
    LOGIN = "login"
    TOKEN = "registry token"
    MANIFEST = "manifest"
    BLOB = "blob"
    REGISTRY_TAGS = "registry's tags"
    PING = "registry"
    OTHER = "nothing"


SEARCHES = frozenset({Area.SEARCH_V4, Area.SEARCH_V2, Area.SEARCH_V1})
API = SEARCHES | {Area.LIST, Area.DETAIL, Area.TAGS}
"""Everything that hub.docker.com answers without a login."""
REGISTRY = frozenset({Area.MANIFEST, Area.BLOB, Area.REGISTRY_TAGS, Area.PING})

_FIXED = {
    V4: Area.SEARCH_V4,
    V2.rstrip("/"): Area.SEARCH_V2,
    V1: Area.SEARCH_V1,
    "/token": Area.TOKEN,
    "/v2/auth/token": Area.LOGIN,
    "/v2/users/login": Area.LOGIN,
    "/v2": Area.PING,
}
_BY_VERB = {"manifests": Area.MANIFEST, "blobs": Area.BLOB, "tags": Area.REGISTRY_TAGS}


def area_of(path: str) -> Area:
    """The area of a raw path; the Hub API wins over the registry where both could be meant."""
    if fixed := _FIXED.get(path.rstrip("/")):
        return fixed
    if found := about(path):
        return Area.TAGS if found["tags"] else Area.DETAIL if found["repo"] else Area.LIST
    if (repository := repository_of(path)) is not None:
        return _BY_VERB.get(path.removeprefix(f"/v2/{repository}/").partition("/")[0], Area.PING)
    return Area.PING if path.startswith("/v2/_catalog") else Area.OTHER
