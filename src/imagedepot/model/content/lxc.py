"""What `lxc-create -t local` makes a container from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LxcFiles:
    """`--metadata` and `--fstree`, both xz."""

    metadata: Path
    rootfs: Path
