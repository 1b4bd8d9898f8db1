"""Where images are installed; one store, one file."""
