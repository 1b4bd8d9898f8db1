from __future__ import annotations

import logging

import pytest

from imagedepot.files.limited_log import LimitedLog


def test_one_line_a_minute_for_each_kind_and_the_rest_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    now = 100.0
    log = LimitedLog(logging.getLogger("imagedepot.tests"), lambda: now)
    for number in range(3):
        log.warning("host", f"host {number}")
    log.warning("login", "a login")
    now += 59.9
    log.warning("host", "still too early")
    now += 0.1
    log.warning("host", "a minute later")
    log.warning("login", "a minute later, none left out")
    assert caplog.messages == [
        "host 0",
        "a login",
        "a minute later (3 more of this kind since the last such line)",
        "a minute later, none left out",
    ]
