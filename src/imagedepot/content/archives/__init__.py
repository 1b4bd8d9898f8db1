"""Images as archives: tar files that `docker load`, `podman load` and skopeo read, and that they write."""
