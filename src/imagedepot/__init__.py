"""Image Depot: one service for every container image on a NAS, a home server or an edge box."""

__all__ = ["__version__"]

# Written here and read by the build: asking the installed package's metadata costs each command 50 ms.
__version__ = "0.1.0"
