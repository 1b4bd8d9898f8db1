"""What images are made of, the files that they come as, and what bytes are there for."""
