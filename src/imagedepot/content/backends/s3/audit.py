"""Checks for `verify` that each object under `blobs/` has the digest in its name."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import closing

from imagedepot.content.backends.s3.bucket import Bucket, Stored
from imagedepot.content.backends.s3.reader import S3Reader
from imagedepot.errors import ImageNotFound
from imagedepot.model.content.slice import Slice
from imagedepot.model.digest import Digest
from imagedepot.protocols import Checked

BLOBS = "blobs/"
_PIECE = 1 << 20


def digest_of(key: str) -> Digest | None:
    """The digest of a key `<folder>/<algorithm>/<hex>`; None for other keys."""
    parts = key.split("/")
    return Digest.try_parse(f"{parts[1]}:{parts[2]}") if len(parts) == 3 else None


def audit(bucket: Bucket, pool: Executor, slice_: Slice) -> Sequence[Checked]:
    """Read and check all objects of the slice. Raises `StorageFailure`, `StorageUnavailable`."""
    found = [each for each in bucket.list(BLOBS) if slice_.has(each.key.rpartition("/")[2])]
    faults = pool.map(lambda each: _fault(bucket, each), found)
    return [Checked(_name(each), each.key, each.size, fault) for each, fault in zip(found, faults, strict=True)]


def _name(stored: Stored) -> str:
    return str(digest_of(stored.key) or stored.key.removeprefix(BLOBS))


def _fault(bucket: Bucket, stored: Stored) -> str:
    digest = digest_of(stored.key)
    if digest is None:
        return "its name is no digest: it is not ours"
    try:
        right = is_whole(S3Reader(bucket, stored.key, str(digest)), digest)
    except ImageNotFound:
        return ""  # removed meanwhile
    return "" if right else "its bytes are not what its digest says"


def is_whole(reader: S3Reader, digest: Digest) -> bool:
    """Whether the bytes have the digest; reads to the end, and closes."""
    hasher = digest.hasher()
    with closing(reader):
        while piece := reader.read_some(_PIECE):
            hasher.update(piece)
    return hasher.hexdigest() == digest.hex
