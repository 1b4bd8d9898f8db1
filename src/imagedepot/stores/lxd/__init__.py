"""The store of LXD or Incus."""
