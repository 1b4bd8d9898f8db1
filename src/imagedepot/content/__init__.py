"""The content-addressable store on disk, always a valid OCI image layout."""
