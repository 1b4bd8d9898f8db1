"""The seams: where bytes come from, where images are found, where they live.

streams.py        bytes from an upstream
blobs.py          where blobs are kept: readers, writers, leases
index.py          which names the images of our own store have
depots.py         where images are found, and how one of them is pinned
content.py        the bytes that are here, as a store sees them
stores.py         where images live
archives.py       an image as one file that is made while it is read
rows.py           what outlives a restart
distribution.py   the same, of what was pushed and of the mirror
updates.py        the same, of updates
notifications.py  the same, of notifications, and who sends them

Every implementation passes the suite of its seam in `tests/contracts/`.
"""

from imagedepot.protocols.archives import ImageArchive
from imagedepot.protocols.blobs import (
    BlobBytes,
    BlobReader,
    Blobs,
    BlobWriter,
    Checked,
    Lease,
    Leftover,
    Transfer,
    Unwanted,
)
from imagedepot.protocols.content import Content
from imagedepot.protocols.depots import Depot, Listing, ListingPage, LxcOrigin, OciOrigin, Origin
from imagedepot.protocols.index import Entry, Index
from imagedepot.protocols.stores import LxcStore, OciStore, Store
from imagedepot.protocols.streams import ByteStream, Fetcher

__all__ = [
    "BlobBytes",
    "BlobReader",
    "BlobWriter",
    "Blobs",
    "ByteStream",
    "Checked",
    "Content",
    "Depot",
    "Entry",
    "Fetcher",
    "ImageArchive",
    "Index",
    "Lease",
    "Leftover",
    "Listing",
    "ListingPage",
    "LxcOrigin",
    "LxcStore",
    "OciOrigin",
    "OciStore",
    "Origin",
    "Store",
    "Transfer",
    "Unwanted",
]
