"""Tests that need a program of the system, or root: skipped with its name without it, never silently, never in CI."""

from __future__ import annotations

import os
import shutil

import pytest


def require(*programs: str) -> None:
    """Skip the test that asks, naming the program that it lacks; in CI that is a failure."""
    for program in programs:
        if shutil.which(program) is None:
            _cannot_run(f"{program} is missing (tools/test-deps installs it on Debian)")


def require_root(what: str) -> None:
    """Skip the test that asks where one may not do `what`; in CI that is a failure."""
    if os.geteuid() != 0:
        _cannot_run(f"only root may {what}")


def _cannot_run(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; in CI nothing may be skipped", pytrace=False)
    pytest.skip(reason)
