"""The current settings, for parts that a change at run time reaches at once."""

from __future__ import annotations

from imagedepot.config import Settings
from imagedepot.model.platform import Platform


class InForce:
    """`now` is replaced as a whole when a setting changes."""

    def __init__(self, settings: Settings) -> None:
        self.now = settings

    def replace(self, settings: Settings) -> None:
        self.now = settings

    def platform(self) -> Platform:
        return self.now.platform
