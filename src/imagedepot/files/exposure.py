"""Whether a file with a secret in it can be read by others."""

from __future__ import annotations

import stat
from pathlib import Path


def exposure(path: Path) -> str:
    """A sentence when other users of this host can read `path`; "" when they cannot, and for what is not a plain file.

    A warning, not a refusal as with ssh: the secrets that container managers mount are readable by design.
    """
    try:
        found = path.stat().st_mode
    except OSError:
        return ""
    mode = stat.S_IMODE(found)
    if not stat.S_ISREG(found) or not mode & 0o077:
        return ""
    return f"{path} holds a secret, and other users of this host may read it (mode {mode:04o}): chmod 600 {path}"
