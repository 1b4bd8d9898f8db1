"""Docker Hub's own API: search, repositories, tags, accounts."""
