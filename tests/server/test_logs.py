from __future__ import annotations

import json
import logging
import sys

from imagedepot.server.logs import JsonLines, Lines


def record(message: str, *arguments: object) -> logging.LogRecord:
    made = logging.LogRecord("imagedepot", logging.WARNING, __file__, 1, message, arguments, None)
    made.created = 0.0
    return made


def test_a_line_has_its_time_in_utc_and_its_level() -> None:
    assert Lines().format(record("hello %s", "you")) == "1970-01-01T00:00:00Z warning: hello you"


def test_nobody_elses_text_begins_a_line_or_steers_a_terminal() -> None:
    line = Lines().format(record("login as %s", "bob\n1970-01-01T00:00:00Z info: all is well\x1b[2J\r"))
    assert "\n" not in line
    assert "\x1b" not in line
    assert "\r" not in line


def test_no_line_of_a_traceback_looks_like_one_of_the_log() -> None:
    made = record("it broke")
    try:
        raise ValueError("x\n1970-01-01T00:00:00Z info: all is well\r1970-01-01T00:00:00Z info: really\x1b[2J")
    except ValueError:
        made.exc_info = sys.exc_info()
    first, *rest = Lines().format(made).split("\n")
    assert first == "1970-01-01T00:00:00Z warning: it broke"
    assert len(rest) > 3
    assert all(line.startswith("  ") and line.isprintable() for line in rest)


def test_json_is_one_object_a_line_with_the_traceback_inside() -> None:
    made = record("it broke: %s", "bob\n{\x1b[2J")
    try:
        raise ValueError("x\ny")
    except ValueError:
        made.exc_info = sys.exc_info()
    line = JsonLines().format(made)
    assert "\n" not in line
    assert line.isascii()
    assert "\x1b" not in line
    event = json.loads(line)
    assert event["time"] == "1970-01-01T00:00:00.000Z"
    assert (event["level"], event["logger"]) == ("warning", "imagedepot")
    assert event["message"] == "it broke: bob\n{\x1b[2J"
    assert event["exception"].endswith("ValueError: x\ny")
    assert "request_id" not in event
