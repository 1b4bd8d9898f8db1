"""The web UI as the service serves it: the files that `web/` builds, under a strict Content-Security-Policy."""

from imagedepot.ui.misdirected import misdirected
from imagedepot.ui.mount import mount

__all__ = ["misdirected", "mount"]
