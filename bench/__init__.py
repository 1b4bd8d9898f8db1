"""Side by side with skopeo, curl and docker, in one alternating run (`make bench`)."""
