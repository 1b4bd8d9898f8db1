"""What is known of an LXC image, and what kernels call its architecture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from imagedepot.model.platform import Platform

_KERNEL = {"amd64": "x86_64", "386": "i686", "arm64": "aarch64"}
_KERNEL_ARM = {"v7": "armv7l", "v6": "armv6l", "v5": "armv5l", "v8": "armv8l"}


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is known of an image. `architecture` in Debian's words, "" when unknown."""

    name: str
    architecture: str = ""
    created: datetime | None = None
    properties: Mapping[str, str] = field(default_factory=dict)


def kernel_name(architecture: str) -> str:
    """`x86_64` for `amd64`: what LXC, LXD and the kernel call it. Unknown ones stay as they are."""
    platform = Platform.try_parse(architecture)
    if platform is None:
        return architecture
    if platform.architecture == "arm":
        return _KERNEL_ARM.get(platform.variant, "armv7l")
    return _KERNEL.get(platform.architecture, platform.architecture)
