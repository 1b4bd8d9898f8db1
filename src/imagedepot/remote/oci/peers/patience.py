"""How long we wait for a peer, which may save time and must not cost any to speak of."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread

from imagedepot.errors import TimedOut
from imagedepot.remote.http.answers.answer import Answer


@dataclass(frozen=True, slots=True)
class Patience:
    """All in seconds. `head`: until the head of an answer is here, or a whole manifest. `body`: how long the reads of
    a blob may wait in all; each MiB that comes adds `each_mib`. `rest`: how long a peer that failed is left alone; it
    doubles with each further failure, up to `longest_rest`, which is also for one that sent wrong bytes.
    """

    head: float = 0.2
    body: float = 1.0
    each_mib: float = 4.0
    rest: float = 60.0
    longest_rest: float = 3600.0


def in_time(ask: Callable[[], Answer], seconds: float, who: str) -> Answer:
    """What `ask` returns, in a thread of its own: looking a name up cannot be cut short, and takes 5 s for a `.local`
    name whose machine is off. An answer that comes later is closed.

    Raises `TimedOut`, and what `ask` raises.
    """
    asked: Future[Answer] = Future()

    def run() -> None:
        try:
            answer = ask()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            with suppress(InvalidStateError):
                asked.set_exception(error)
            return
        try:
            asked.set_result(answer)
        except InvalidStateError:
            answer.close()

    Thread(target=run, name="peer", daemon=True).start()
    try:
        return asked.result(seconds)
    except NotYet as error:
        if asked.cancel():
            raise TimedOut(f"{who} does not answer in time") from error
        return asked.result()  # it came in this very moment
