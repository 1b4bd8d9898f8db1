"""Asks `docker-credential-NAME`, the programs that keep logins for Docker and Podman.

Protocol: github.com/docker/docker-credential-helpers. A helper that is missing, slow or broken has no logins;
`trouble_with` returns the reason.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from typing import Any

from imagedepot.model.access.login import Login
from imagedepot.model.text.texts import words

_SECONDS = 10
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NOT_FOUND = "credentials not found"  # the answer of every helper for a key that it does not have
_LONGEST = 200
_NOBODY = "<token>"  # the user name that marks an identity token


class _Failed(Exception):
    """A failed helper; the message continues a sentence that begins with the program's name."""


def ask_helper(name: str, key: str, environment: Mapping[str, str]) -> Login | None:
    """The login that the helper keeps under `key`."""
    try:
        answer = _run(name, "get", key, environment)
    except _Failed:
        return None
    username, secret = answer.get("Username"), answer.get("Secret")
    if not isinstance(username, str) or not isinstance(secret, str) or not secret:
        return None
    source = f"helper:{name}"
    if username == _NOBODY:
        return Login("", "", secret, source)
    return Login(username, secret, "", source)


def helper_hosts(name: str, environment: Mapping[str, str]) -> list[str]:
    """Every key that the helper keeps a login for."""
    try:
        return list(_run(name, "list", "", environment))
    except _Failed:
        return []


def trouble_with(name: str, key: str, environment: Mapping[str, str]) -> str:
    """Why the helper cannot be asked for the login under `key`, or, with "", for all; "" when it answers."""
    try:
        _run(name, "get" if key else "list", key, environment)
    except _Failed as failure:
        return f"docker-credential-{words(name, 64)} {failure}"
    return ""


def _run(name: str, verb: str, given: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """The helper's answer; empty when it has no such login. Raises `_Failed`."""
    if not _NAME.fullmatch(name):
        raise _Failed("is not the name of a program")
    try:
        done = subprocess.run(
            [f"docker-credential-{name}", verb],
            input=given.encode(),
            capture_output=True,
            timeout=_SECONDS,
            env=dict(environment),
        )
        answer = json.loads(done.stdout) if done.returncode == 0 else None
    except FileNotFoundError:
        raise _Failed("is not installed") from None
    except subprocess.TimeoutExpired:
        raise _Failed(f"does not answer within {_SECONDS} seconds") from None
    except OSError as error:
        raise _Failed(f"cannot be started ({error.strerror})") from error
    except (ValueError, RecursionError):
        raise _Failed("answers with something that is not JSON") from None
    if done.returncode != 0:
        output = words((done.stdout + b" " + done.stderr).decode("utf-8", "replace"), _LONGEST)
        if _NOT_FOUND in output:
            return {}
        raise _Failed(f"failed ({output})" if output else "failed")
    return answer if isinstance(answer, dict) else {}
