"""What all tests share: the ground, the fakes, and a last word on what was skipped."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.ground.fixtures", "tests.fakes.fixtures"]

# Machines are shared and slow at times: how long an example takes says nothing.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The run ends by listing what was skipped and why, and what failed before it passed."""
    skipped = terminalreporter.stats.get("skipped", [])
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        terminalreporter.write_line(f"not run: {report.nodeid}: {reason.removeprefix('Skipped: ')}")
    for report in terminalreporter.stats.get("rerun", []):
        failure = report.longrepr.reprcrash.message.splitlines()[0] if hasattr(report.longrepr, "reprcrash") else ""
        terminalreporter.write_line(f"failed first: {report.nodeid}: {failure}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI a test that did not run is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
