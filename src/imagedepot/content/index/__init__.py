"""Which names the blobs have."""
