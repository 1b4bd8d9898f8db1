"""What clients of `/v2/` read: manifests, blobs, tags, referrers, the catalog."""
