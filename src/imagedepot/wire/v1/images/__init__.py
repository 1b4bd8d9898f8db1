"""Images on the wire: lists, one image, tags, downloads, updates."""
