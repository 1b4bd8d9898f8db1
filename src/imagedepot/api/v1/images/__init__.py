"""Images: lists, one image, tags, downloads, updates."""
