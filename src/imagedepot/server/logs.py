"""The service's log, on stderr: one line for each thing that happened, with its time in UTC."""

from __future__ import annotations

import logging
import sys
import time
from types import TracebackType

from imagedepot.model.texts import clean
from imagedepot.service.access.audit import audit

_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Lines(logging.Formatter):
    """Names come from strangers: nothing of them may begin a new line or steer a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        record.message = clean(record.message)
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        return f"{moment} {record.levelname.lower()}: {record.message}"

    def formatException(self, ei: _Raised) -> str:  # noqa: N802
        """Indented: what an error says may have a stranger's lines in it, which could look like ours."""
        lines = super().formatException(ei).splitlines()
        return "\n".join(f"  {' ' * (len(line) - len(line.lstrip()))}{clean(line)}" for line in lines)


def set_up(level: str) -> None:
    """`level`: debug, info, warning or error, of our own lines; libraries log warnings and errors.

    Who did what is logged at every level.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("imagedepot").setLevel(level.upper())
    audit.setLevel(logging.INFO)
