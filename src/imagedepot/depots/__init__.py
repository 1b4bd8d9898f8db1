"""Where images are found; one depot, one file."""
