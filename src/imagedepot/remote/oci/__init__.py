"""OCI registries: endpoints, challenges, tokens, credentials, manifests, tags, limits."""
