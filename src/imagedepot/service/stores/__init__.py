"""Which stores are in use, and what happens to the images of one that takes no new ones any more."""
