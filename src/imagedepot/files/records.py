"""JSON files of small things, such as logins: never half written, never readable by others."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imagedepot.errors import StorageFailure

_LARGEST = 4 << 20


def read_object(path: Path, strict: bool = False) -> dict[str, Any]:
    """Read a JSON object; a missing file is an empty one, and so is a broken one unless `strict`.

    A pull without a login may still work, but a file that is to be written must be read `strict`. Raises
    `StorageFailure`.
    """
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(_LARGEST))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        if strict:
            raise StorageFailure(f"{path} cannot be read as JSON, so nothing is written to it") from error
        return {}
    if not isinstance(content, dict):
        if strict:
            raise StorageFailure(f"{path} is not a JSON object, so nothing is written to it")
        return {}
    return content


def write_object(path: Path, content: Mapping[str, Any]) -> None:
    """Write the file atomically, at the target of a symbolic link. Raises `StorageFailure`."""
    try:
        target = path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        descriptor = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(json.dumps(content, indent=2).encode())
                file.flush()
                os.fsync(file.fileno())
            beside.replace(target)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageFailure(f"{path} cannot be written: {error.strerror}") from error
