"""What people run by `make` that is no part of the package."""
