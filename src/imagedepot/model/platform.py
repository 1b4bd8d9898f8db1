"""Platforms of images: reading, normalising and choosing (as containerd's package `platforms` does)."""

from __future__ import annotations

import platform as host_platform
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from imagedepot.errors import InvalidReference

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_ARCHITECTURES: dict[str, tuple[str, str]] = {
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "armhf": ("arm", "v7"),
    "armv7l": ("arm", "v7"),
    "armv7": ("arm", "v7"),
    "armel": ("arm", "v6"),
    "armv6l": ("arm", "v6"),
    "i386": ("386", ""),
    "i686": ("386", ""),
    "ppc64el": ("ppc64le", ""),
}
_SYSTEMS = frozenset({"linux", "windows", "darwin", "freebsd"})
_DEBIAN = {"arm": "armhf", "386": "i386", "ppc64le": "ppc64el"}
_ARM_VARIANTS = ("v8", "v7", "v6", "v5")
_AMD64_VARIANTS = ("v4", "v3", "v2", "")


@dataclass(frozen=True, slots=True, order=True)
class Platform:
    """`os/architecture[/variant]`, normalised: arm64 has no variant unless above v8, arm without one is v7."""

    os: str
    architecture: str
    variant: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """`linux/arm64/v8`, `arm64`, `x86_64`, or a system alone, then of the host's architecture.

        Raises `InvalidReference`.
        """
        parts = text.split("/")
        if not 1 <= len(parts) <= 3 or not all(_PART.fullmatch(part) for part in parts):
            raise InvalidReference(f"Not a platform (such as linux/arm64/v8): {text[:80]!r}")
        if len(parts) == 1:
            parts = [parts[0], host_platform.machine()] if parts[0].lower() in _SYSTEMS else ["linux", parts[0]]
        return cls.of(parts[0], parts[1], parts[2] if len(parts) == 3 else "")

    @classmethod
    def try_parse(cls, text: str) -> Self | None:
        """Like `parse`, but None instead of an error."""
        try:
            return cls.parse(text) if text else None
        except InvalidReference:
            return None

    @classmethod
    def of(cls, os: str, architecture: str, variant: str = "") -> Self:
        """Normalise the names that a registry, a kernel or Debian uses."""
        os, architecture, variant = os.lower() or "linux", architecture.lower(), variant.lower()
        if architecture in _ARCHITECTURES:
            architecture, implied = _ARCHITECTURES[architecture]
            variant = variant or implied
        if architecture == "arm" and not variant:
            variant = "v7"
        elif architecture == "arm" and variant[0].isdigit():
            variant = f"v{variant}"
        elif architecture == "arm64" and variant in ("8", "v8"):
            variant = ""
        elif architecture == "amd64" and variant == "v1":
            variant = ""
        return cls(os, architecture, variant)

    @classmethod
    def host(cls) -> Self:
        return cls.of("linux", host_platform.machine())

    def accepted(self) -> Iterator[Self]:
        """The platforms whose images run here, best first: this one, then older variants of its family."""
        if self.architecture == "arm" and self.variant in _ARM_VARIANTS:
            variants: Sequence[str] = _ARM_VARIANTS[_ARM_VARIANTS.index(self.variant) :]
        elif self.architecture == "amd64" and self.variant in _AMD64_VARIANTS:
            variants = _AMD64_VARIANTS[_AMD64_VARIANTS.index(self.variant) :]
        elif self.architecture == "arm64" and self.variant:
            variants = (self.variant, "")
        else:
            variants = (self.variant,)
        for variant in variants:
            yield type(self)(self.os, self.architecture, variant)

    def runs(self, image: Platform) -> bool:
        """Whether an image made for `image` runs on this platform."""
        return image in self.accepted()

    @property
    def debian(self) -> str:
        """Debian's name of the architecture, as LXC image servers use it."""
        return _DEBIAN.get(self.architecture, self.architecture)

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)
