"""`docker-credential-NAME`, the programs that keep logins for Docker and Podman.

Protocol: github.com/docker/docker-credential-helpers. A helper that is missing, slow or broken knows nothing.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from typing import Any

from imagedepot.model.login import Login

_SECONDS = 10
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NOBODY = "<token>"  # stands for the user where the secret is an identity token


def ask_helper(name: str, key: str, environment: Mapping[str, str]) -> Login | None:
    """The login that the helper keeps under `key`."""
    answer = _run(name, "get", key, environment)
    username, secret = answer.get("Username"), answer.get("Secret")
    if not isinstance(username, str) or not isinstance(secret, str) or not secret:
        return None
    source = f"helper:{name}"
    if username == _NOBODY:
        return Login("", "", secret, source)
    return Login(username, secret, "", source)


def helper_hosts(name: str, environment: Mapping[str, str]) -> list[str]:
    """Every key that the helper keeps a login for."""
    return [key for key in _run(name, "list", "", environment) if isinstance(key, str)]


def _run(name: str, verb: str, given: str, environment: Mapping[str, str]) -> dict[str, Any]:
    if not _NAME.fullmatch(name):
        return {}
    try:
        done = subprocess.run(
            [f"docker-credential-{name}", verb],
            input=given.encode(),
            capture_output=True,
            timeout=_SECONDS,
            env=dict(environment),
            check=True,
        )
        answer = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}
