"""What clients of `/v2/` write: uploads and manifests."""
