"""What the service knows of its own health and work, for those who watch it."""
