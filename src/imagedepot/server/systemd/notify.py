"""The socket of the service manager, to which a service of `Type=notify` reports (sd_notify(3)).

These are a few lines of a protocol that is promised to stay; libsystemd's bindings would be a compiled dependency.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import MutableMapping
from typing import Self

_SOCKET, _MICROSECONDS, _PROCESS = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"
_SEND_SECONDS = 1.0
_log = logging.getLogger(__name__)


class ServiceManager:
    """`address` is the socket's path, "" for no service manager; a leading `@` stands for an abstract socket.

    `watchdog_seconds`: how often at least the service has to report that it is alive; None for never.
    """

    def __init__(self, address: str = "", watchdog_seconds: float | None = None) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.watchdog_seconds = watchdog_seconds if address else None

    @classmethod
    def taken_from(cls, environment: MutableMapping[str, str]) -> Self:
        """From the variables, which are removed, so that no program started by this one reports in its place."""
        address = environment.pop(_SOCKET, "")
        microseconds, process = environment.pop(_MICROSECONDS, ""), environment.pop(_PROCESS, "")
        is_meant = process in ("", str(os.getpid()))
        seconds = int(microseconds) / 1e6 if microseconds.isdigit() and is_meant else 0.0
        return cls(address if address.startswith(("/", "@")) else "", seconds or None)

    def ready(self, status: str) -> None:
        """The service answers; `status` is shown by `systemctl status`."""
        self._send("READY=1", f"STATUS={status}")

    def alive(self) -> None:
        """Report that the service is alive: without that, `WatchdogSec=` makes the manager restart the service."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        self._send("STOPPING=1", "STATUS=Stopping")

    def _send(self, *assignments: str) -> None:
        """Send a message; a service manager that takes none is logged, and does not end the service."""
        if not self._address:
            return
        message = "\n".join(assignments).encode("utf-8", "replace")
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
                link.settimeout(_SEND_SECONDS)
                link.sendto(message, self._address)
        except OSError as error:
            _log.warning("cannot report %s to the service manager: %s", assignments[0], error)
