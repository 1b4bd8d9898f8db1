"""Tests that need a program of the system: skipped with its name where it is missing, never silently, never in CI."""

from __future__ import annotations

import os
import shutil

import pytest


def require(program: str) -> None:
    """Skip the test that asks, naming what it lacks; in CI that is a failure."""
    if shutil.which(program):
        return
    reason = f"{program} is missing (tools/test-deps installs it on Debian)"
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; in CI nothing may be skipped", pytrace=False)
    pytest.skip(reason)
