"""The store of a Docker Engine or Podman."""
