"""What bytes in the data folder are there for."""

from __future__ import annotations

from enum import StrEnum


class Part(StrEnum):
    """Each byte counts for one."""

    IMAGES = "images"
    MIRROR = "mirror"
    PARTIAL = "partial"
    UNNEEDED = "unneeded"
