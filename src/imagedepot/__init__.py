"""Image Depot: one service for every container image on a NAS, a home server or an edge box."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("imagedepot")
