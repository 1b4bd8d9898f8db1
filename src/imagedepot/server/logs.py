"""The service's log, on stderr: one line for each thing that happened, with its time in UTC; as text, or as JSON."""

from __future__ import annotations

import logging
import sys
import time
from datetime import UTC, datetime
from types import TracebackType

from imagedepot.model.text.json_text import json_text
from imagedepot.model.text.texts import clean
from imagedepot.server.setup_links import SETUP
from imagedepot.service.audit.log import audit
from imagedepot.service.monitoring.request import request_id

_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Lines(logging.Formatter):
    """Formats log lines, so that names from outside cannot begin a new line or steer a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        record.message = clean(record.message)
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        return f"{moment} {record.levelname.lower()}: {record.message}"

    def formatException(self, ei: _Raised) -> str:  # noqa: N802
        """The traceback, indented: an error may quote lines from outside, which could look like ours."""
        lines = super().formatException(ei).splitlines()
        return "\n".join(f"  {' ' * (len(line) - len(line.lstrip()))}{clean(line)}" for line in lines)


class JsonLines(logging.Formatter):
    """One JSON object a line, tracebacks included; in ASCII, so that nothing in it begins a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        event = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request := request_id():
            event["request_id"] = request
        if record.exc_info and record.exc_info[0] is not None:
            event["exception"] = self.formatException(record.exc_info)
        return json_text(event)


def set_up(level: str, format_: str = "text") -> None:
    """`level`: debug, info, warning or error, of our own lines; libraries log warnings and errors. `format_`: text or
    json.

    Who did what is logged at every level, and so are the links of setup mode.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if format_ == "json" else Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("imagedepot").setLevel(level.upper())
    audit.setLevel(logging.INFO)
    logging.getLogger(SETUP).setLevel(logging.INFO)
