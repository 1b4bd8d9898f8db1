"""The state of stores and engines (`GET /system`, the lines at start)."""

from __future__ import annotations

from dataclasses import dataclass

from imagedepot.model.image import ImageType

EMBEDDED = "embedded"
"""The kind of our own stores, and the setting that chooses one."""
_NAMES = {"docker": "Docker Engine", "podman": "Podman", "lxd": "LXD", "incus": "Incus"}


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """`kind`: embedded, docker, podman, lxd or incus. `address` and `version` are an engine's; `reason` says why it is
    not available."""

    type: ImageType
    kind: str
    address: str | None = None
    version: str | None = None
    available: bool = True
    reason: str | None = None

    def __str__(self) -> str:
        if self.address is None:
            return f"{self.type} images live in Image Depot's own store"
        if not self.available:
            return f"{self.type} images live in the engine at {self.address}, which is away: {self.reason}"
        return f"{self.type} images live in {_NAMES.get(self.kind, self.kind)} {self.version} at {self.address}"


@dataclass(frozen=True, slots=True)
class SeenEngine:
    """A daemon that answered at `address`."""

    type: ImageType
    kind: str
    address: str
    version: str

    def __str__(self) -> str:
        setting = f"IMAGEDEPOT_{self.type.upper()}"
        return (
            f"{_NAMES.get(self.kind, self.kind)} {self.version} answers at {self.address} and is not used; "
            f"{setting}={self.address} would choose it for {self.type} images"
        )
