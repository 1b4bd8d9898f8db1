"""What is served under `/v2/`: repositories, their manifests, blobs and tags, wherever they came from."""
