"""Blobs in a bucket of an S3-compatible store. An object under `blobs/` is whole and correct, or absent.

<prefix>/blobs/<algorithm>/<hex>          as in the local backend
<prefix>/upstream/<algorithm>/<hex>       manifests and indexes as the upstream sent them
<prefix>/uploads/<key>/<number>           parts of blobs on their way, all of one size but the last
<prefix>/uploads/<key>/validator          what to resume with, where there is no digest to trust
<prefix>/quarantine/<algorithm>-<hex>     what `verify` found wrong

bucket.py    the requests, and their failures as sentences; the one file that imports botocore
parts.py     what is stored of one upload, and how it becomes a blob
writer.py    `BlobWriter`
reader.py    `BlobReader`, and a random-access reader for `/v2/`
cache.py     a bounded cache of whole blobs on this disk
sizes.py     which blobs were seen a moment ago
audit.py     what `verify` asks
blobs.py     `Blobs`
"""
