"""Whether the service can do its work now: each check on its own, none of which can hold up the answer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass

from imagedepot.errors import DepotError

SECONDS = 3.0
"""The longest that all checks together may take."""
_log = logging.getLogger(__name__)

Check = Callable[[], None]
"""Raises a `DepotError` that says what is wrong."""


@dataclass(frozen=True, slots=True)
class Checked:
    """`reason` is why it failed, in one sentence; "" when it did not."""

    name: str
    reason: str = ""

    @property
    def is_ok(self) -> bool:
        return not self.reason


class Readiness:
    """`checks` by the names that people see. `seconds` is how long they may take, side by side."""

    def __init__(self, checks: Mapping[str, Check], seconds: float = SECONDS) -> None:
        self._checks = [_Running(name, check) for name, check in checks.items()]
        self._seconds = seconds

    def now(self) -> Sequence[Checked]:
        """Run all checks; one that has not ended in time has failed, and is not begun again before it ends."""
        deadline = time.monotonic() + self._seconds
        begun = [(each.name, each.begin()) for each in self._checks]
        return [Checked(name, self._reason(result, deadline)) for name, result in begun]

    def _reason(self, result: Future[None], deadline: float) -> str:
        try:
            result.result(max(0.0, deadline - time.monotonic()))
        except NotYet:
            return f"No answer within {self._seconds:g} seconds"
        except DepotError as error:
            return str(error)
        except Exception:  # noqa: BLE001 - one check that breaks must not hide the others
            _log.exception("a check of readiness broke")
            return "The check itself broke; the log tells more"
        return ""


class _Running:
    """One check, in one thread at most, however often it is asked for."""

    def __init__(self, name: str, check: Check) -> None:
        self.name = name
        self._check = check
        self._lock = threading.Lock()
        self._result: Future[None] | None = None

    def begin(self) -> Future[None]:
        with self._lock:
            if self._result is None or self._result.done():
                self._result = Future()
                # A daemon: a disk that hangs must not keep the process.
                threading.Thread(target=self._run, args=(self._result,), name=f"check-{self.name}", daemon=True).start()
            return self._result

    def _run(self, result: Future[None]) -> None:
        try:
            self._check()
        except BaseException as error:  # noqa: BLE001 - it is the waiting caller's
            result.set_exception(error)
        else:
            result.set_result(None)
