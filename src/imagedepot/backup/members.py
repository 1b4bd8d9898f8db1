"""What a backup holds of a data folder, in a plain tar file.

imagedepot-backup.json             the first member: which version made it, and how
content/blobs/<algorithm>/<hex>    named by digest; without layers if it is to be small
upstream/<algorithm>/<hex>
imagedepot.db, content/index.json, …   the state (`STATE`, `UNFINISHED`), as it was when the last blob had been copied
checksums                          the last member: the sha256 of each member before it, as `sha256sum -c` reads them

All else in a data folder is made again: caches, partial files, the lock, sockets.
"""

from __future__ import annotations

import re

from imagedepot.database.stored import DATABASE, ELSEWHERE
from imagedepot.model.digest import Digest

HEAD = "imagedepot-backup.json"
CHECKSUMS = "checksums"
FORMAT = 1
BLOBS = "content/blobs"
UPSTREAM = "upstream"
OCI_INDEX = "content/index.json"
LXC_INDEX = "lxc/index.json"
UNFINISHED = "unfinished"
TLS = ("authority.pem", "authority.key", "server.pem", "server.key", "names")
STATE = (
    DATABASE,
    "content/oci-layout",
    OCI_INDEX,
    LXC_INDEX,
    "unnamed",
    "bucket.json",
    ELSEWHERE,
    "engine.json",
    "stores.json",
    "kept-docker.json",
    "kept-lxc.json",
    *(f"tls/{name}" for name in TLS),
)
_NOTE = re.compile(rf"{UNFINISHED}/[0-9a-f]{{64}}")


def blob_member(digest: Digest) -> str:
    return f"{BLOBS}/{digest.algorithm}/{digest.hex}"


def upstream_member(digest: Digest) -> str:
    return f"{UPSTREAM}/{digest.algorithm}/{digest.hex}"


def digest_of(name: str) -> Digest | None:
    """The digest that a member must have; None for one that is not named by a digest."""
    folder, algorithm, hex_digits = [*name.rsplit("/", 2), "", ""][:3]
    return Digest.try_parse(f"{algorithm}:{hex_digits}") if folder in (BLOBS, UPSTREAM) else None


def is_state(name: str) -> bool:
    return name in STATE or _NOTE.fullmatch(name) is not None


def mode_of(name: str) -> int:
    """The mode of a member's file: owner only for files with secrets, such as hashes of passwords and keys."""
    return 0o600 if name == DATABASE or name.endswith(".key") else 0o644
