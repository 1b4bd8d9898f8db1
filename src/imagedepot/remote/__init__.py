"""Clients of other servers: registries, Docker Hub, catalogs."""
