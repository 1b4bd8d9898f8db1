"""What images, repositories and registries are called."""
