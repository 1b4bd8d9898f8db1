"""The certificate that the service shows: loaded again when its files change, renewed where our authority made it."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from imagedepot.errors import DepotError
from imagedepot.server.sockets import load_pair, tls
from imagedepot.server.tls.authority import Authority

_log = logging.getLogger(__name__)
_SECONDS = 60.0


class ServedCertificate:
    """`context` is used by every listener; connections that are open keep what they began with."""

    def __init__(self, certificate: Path, key: Path, authority: Authority) -> None:
        """Raises `InvalidSetting`."""
        self._certificate = certificate
        self._key = key
        self._authority = authority if certificate.resolve() == authority.server_certificate.resolve() else None
        self._seen = self._state()
        self._failure = ""  # the last one that was logged
        self.context: ssl.SSLContext = tls(certificate, key)

    def look(self) -> bool:
        """Renew the certificate where that is due, and load what has changed; whether anything was loaded.

        What cannot be renewed or used is logged once, and the service goes on with what it has.
        """
        try:
            if self._authority is not None and self._authority.renew_if_due():
                _log.info("the certificate %s was renewed", self._certificate)
            self._failure = ""
        except DepotError as error:
            if str(error) != self._failure:
                _log.warning("the certificate %s cannot be renewed: %s", self._certificate, error)
            self._failure = str(error)
        state = self._state()
        if state == self._seen or None in state:
            return False
        self._seen = state
        try:
            tls(self._certificate, self._key)  # on its own: half a pair must not reach the listeners
            load_pair(self.context, self._certificate, self._key)
        except DepotError as error:
            _log.warning("the new certificate is not used: %s", error)
            return False
        _log.info("the certificate %s has changed: new connections get the new one", self._certificate)
        return True

    @contextmanager
    def watched(self, seconds: float = _SECONDS) -> Iterator[None]:
        """While inside, `look` is called again and again."""
        ended = threading.Event()

        def run() -> None:
            while not ended.wait(seconds):
                self.look()

        self.look()
        thread = threading.Thread(target=run, name="certificate", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _state(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(_stamp(path) for path in (self._certificate, self._key))


def _stamp(path: Path) -> tuple[int, int] | None:
    """A value that differs after each change of the file; None for a missing one."""
    with suppress(OSError):
        found = path.stat()
        return found.st_mtime_ns, found.st_ino
    return None
