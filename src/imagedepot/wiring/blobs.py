"""Where blobs are kept, as the settings say: in the data folder, or in a bucket that belongs to this data folder.

Both hold what the index of this data folder names, and a clean-up deletes all else. So a bucket has one owner (the
object `owner`), which the file `bucket.json` of its data folder names; neither is used with another.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from imagedepot.config import Settings
from imagedepot.content.backends.local import BlobStore
from imagedepot.errors import InvalidSetting, StorageFailure
from imagedepot.files.atomic import write_durably
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.names.s3_address import S3Address
from imagedepot.protocols import Blobs

if TYPE_CHECKING:
    from imagedepot.content.backends.s3.bucket import Bucket
    from imagedepot.wiring.fleet import Fleet

LAYOUT = "content"  # the image layout in the data folder: its index, and its blobs unless they are in a bucket
BUCKET = "bucket.json"
_NAME = "IMAGEDEPOT_BLOBS"
_CACHE = "blob-cache"
_OWNER = "owner"
_LONGEST = 1000
_GRACE = 3600.0  # no node sees what another one is about to name


@contextmanager
def open_blobs(
    settings: Settings, disk: DiskSpace, as_it_is: bool = False, fleet: Fleet | None = None
) -> Iterator[Blobs]:
    """`as_it_is`: a bucket that is not that of the data folder yet is refused. Those of a `fleet` are its database's.

    Raises `InvalidSetting`, `StorageFailure`, `StorageUnavailable`.
    """
    data, address = settings.data_dir, settings.blobs
    claimed = bucket_of(data)
    if address is None:
        if claimed is not None:
            raise InvalidSetting(_NAME, f"the blobs of {data} are in {claimed}: without it no image would be whole")
        yield BlobStore(data, disk)
        return
    bucket = _bucket(address)
    if fleet is not None:
        _join(bucket, data, address, fleet)
        with _opened(bucket, settings, fleet) as blobs:
            yield blobs
        return
    if claimed is None and as_it_is:
        raise InvalidSetting(_NAME, f"{_place(address)} does not hold the blobs of {data}")
    if claimed is None:
        _claim(bucket, data, address)
    elif claimed != _place(address):
        raise InvalidSetting(_NAME, f"the blobs of {data} are in {claimed}, and not in {_place(address)}")
    with _opened(bucket, settings) as blobs:
        yield blobs


@contextmanager
def peek_blobs(settings: Settings) -> Iterator[Blobs | None]:
    """What `open_blobs` would open, without a change anywhere; None where there is nothing yet. Raises the same."""
    data, address = settings.data_dir, settings.blobs
    if address is None:
        yield BlobStore(data) if (data / LAYOUT / "blobs").is_dir() else None
        return
    bucket = _bucket(address)
    bucket.check()
    if bucket_of(data) is None and next(iter(bucket.list(_OWNER)), None) is not None:
        raise _not_ours(address)
    with _opened(bucket, settings) as blobs:
        yield blobs


def bucket_of(data: Path) -> str | None:
    """Where the blobs of this data folder are; None when they are in it. Raises `StorageFailure`."""
    if not (data / BUCKET).exists():
        return None
    import json  # late: a cold command need not wait for it

    try:
        return str(json.loads((data / BUCKET).read_bytes())["blobs"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageFailure(f"Cannot read {data / BUCKET}, which says where the blobs are: {error}") from error


def _bucket(address: S3Address) -> Bucket:
    try:
        from imagedepot.content.backends.s3.bucket import Bucket  # late, and only here: it needs the extra
    except ImportError as error:
        raise InvalidSetting(_NAME, "a bucket needs more packages: pip install 'imagedepot[fleet]'") from error
    return Bucket(address)


@contextmanager
def _opened(bucket: Bucket, settings: Settings, fleet: Fleet | None = None) -> Iterator[Blobs]:
    from imagedepot.content.backends.s3.blobs import S3Blobs
    from imagedepot.content.backends.s3.cache import ReadCache

    data = settings.data_dir
    cache = ReadCache(data / _CACHE, settings.blob_cache, DiskSpace(data))
    if fleet is None:
        blobs = S3Blobs(bucket, cache)
    else:
        blobs = S3Blobs(bucket, cache, grace=_GRACE, turn=fleet.turns.turn, leases=fleet.leases)
    try:
        yield blobs
    finally:
        blobs.close()


def check_blobs(blobs: Blobs) -> None:
    """Raises why those in a bucket cannot be reached now."""
    from imagedepot.content.backends.s3.blobs import S3Blobs

    if isinstance(blobs, S3Blobs):
        blobs.check()


def _claim(bucket: Bucket, data: Path, address: S3Address) -> None:
    """Make the bucket the one of this data folder, once and for all."""
    import json
    import secrets

    if any(path.is_file() for path in (data / LAYOUT / "blobs").glob("*/*")):
        raise InvalidSetting(_NAME, f"{data} has blobs already, which no image would find in a bucket")
    (data / LAYOUT).mkdir(parents=True, exist_ok=True)
    mine = secrets.token_hex(16)
    note = data / f"{BUCKET}.claim"
    if note.exists():
        mine = note.read_text()  # a start that ended in the middle
    else:
        write_durably(note, mine.encode())
    owner = bucket.claim(_OWNER, mine.encode(), _LONGEST)
    if owner != mine.encode():
        raise _not_ours(address)
    write_durably(data / BUCKET, json.dumps({"blobs": _place(address), "owner": mine}).encode())
    note.unlink()


def _not_ours(address: S3Address) -> InvalidSetting:
    return InvalidSetting(_NAME, f"{_place(address)} holds the blobs of another data folder: name another prefix")


def _join(bucket: Bucket, data: Path, address: S3Address, fleet: Fleet) -> None:
    """The bucket is that of the fleet, from its first node on, or from the folder on that was alone with it."""
    import json

    mine = fleet.key.hex().encode()
    owner = bucket.claim(_OWNER, mine, _LONGEST)
    is_ours = owner == mine or (bucket_of(data) == _place(address) and _noted_owner(data) == owner)
    if not fleet.agrees_on_bucket(owner, is_ours):
        raise InvalidSetting(_NAME, f"{_place(address)} holds the blobs of others: name another prefix")
    (data / LAYOUT).mkdir(parents=True, exist_ok=True)
    write_durably(data / BUCKET, json.dumps({"blobs": _place(address), "owner": owner.decode()}).encode())


def _noted_owner(data: Path) -> bytes:
    import json

    return str(json.loads((data / BUCKET).read_bytes()).get("owner")).encode()


def _place(address: S3Address) -> str:
    return f"s3://{address.bucket}/{address.prefix}".rstrip("/")
