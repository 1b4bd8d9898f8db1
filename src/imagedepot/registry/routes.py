"""Which resource a path below `/v2` names (OCI distribution specification, "Endpoints").

A repository's name holds slashes and may hold words such as `blobs`, so a path is read from the right.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from imagedepot.registry.errors import Code, Refusal

ROOT = "/v2"
_MOST_COMPONENTS = 64
_LONGEST = 1024


class Kind(Enum):
    """The resources of the specification."""

    BASE = auto()
    TOKEN = auto()
    CATALOG = auto()
    TAGS = auto()
    MANIFEST = auto()
    BLOB = auto()
    UPLOADS = auto()
    UPLOAD = auto()
    REFERRERS = auto()


TEMPLATES = {
    Kind.BASE: f"{ROOT}/",
    Kind.TOKEN: f"{ROOT}/token",
    Kind.CATALOG: f"{ROOT}/_catalog",
    Kind.TAGS: ROOT + "/{name}/tags/list",
    Kind.MANIFEST: ROOT + "/{name}/manifests/{reference}",
    Kind.BLOB: ROOT + "/{name}/blobs/{digest}",
    Kind.UPLOADS: ROOT + "/{name}/blobs/uploads/",
    Kind.UPLOAD: ROOT + "/{name}/blobs/uploads/{id}",
    Kind.REFERRERS: ROOT + "/{name}/referrers/{digest}",
}
"""How figures name each resource."""


@dataclass(frozen=True, slots=True)
class Target:
    """`name` is the repository as the path has it, `label` the tag, digest or upload's id; "" where there is none."""

    kind: Kind
    name: str = ""
    label: str = ""


def is_registry_path(path: str) -> bool:
    return path == ROOT or path.startswith(f"{ROOT}/")


def parse(path: str, raw_path: bytes) -> Target:
    """`path` is decoded, `raw_path` as it came. Raises `Refusal`."""
    if len(raw_path) > _LONGEST or path.count("/") > _MOST_COMPONENTS:
        raise Refusal(Code.NAME_INVALID, "The path is longer than any name of a repository")
    if b"%2f" in raw_path.lower():
        raise Refusal(Code.NAME_INVALID, "A slash in a name of a repository is written as it is, not encoded")
    parts = path.removeprefix(ROOT).removeprefix("/").split("/")
    match parts:
        case [""]:
            return Target(Kind.BASE)
        case ["token"]:
            return Target(Kind.TOKEN)
        case ["_catalog"]:
            return Target(Kind.CATALOG)
        case [*name, "tags", "list"] if name:
            return Target(Kind.TAGS, "/".join(name))
        case [*name, "blobs", "uploads"] if name:
            return Target(Kind.UPLOADS, "/".join(name))
        case [*name, "blobs", "uploads", ""] if name:
            return Target(Kind.UPLOADS, "/".join(name))
        case [*name, "blobs", "uploads", upload] if name:
            return Target(Kind.UPLOAD, "/".join(name), upload)
        case [*name, "manifests", label] if name and label:
            return Target(Kind.MANIFEST, "/".join(name), label)
        case [*name, "blobs", digest] if name and digest:
            return Target(Kind.BLOB, "/".join(name), digest)
        case [*name, "referrers", digest] if name and digest:
            return Target(Kind.REFERRERS, "/".join(name), digest)
    raise Refusal(Code.NAME_UNKNOWN, "There is no such address below /v2/")
