"""A connection to PostgreSQL that does not wait for ever for a server that has gone silent."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import psycopg

_LOOK_SECONDS = 0.1


class Silence(psycopg.OperationalError):
    """The server sends nothing."""


class PatientConnection(psycopg.Connection[Any]):
    """`patience` is how many seconds may pass without a byte from the server; None for a statement that may take long.

    libpq notices a host that has gone; a server that is merely stopped keeps its connections, and nothing is noticed.
    """

    patience: float | None = 20.0

    def wait(  # type: ignore[override]  # its versions differ in what else they take
        self, gen: Generator[Any, Any, Any], interval: float = _LOOK_SECONDS, **more: Any
    ) -> Any:
        """Raises `psycopg.OperationalError` after silence, and then is closed."""
        return super().wait(self._limited(gen), interval, **more)

    def _limited(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        heard = time.monotonic()
        try:
            state = next(gen)
            while True:
                ready = yield state
                if ready:
                    heard = time.monotonic()
                elif self.patience is not None and time.monotonic() - heard > self.patience:
                    self.close()
                    raise Silence(f"no answer within {self.patience:g} seconds")
                state = gen.send(ready)
        except StopIteration as end:
            return end.value
