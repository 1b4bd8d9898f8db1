"""Searching Docker Hub: the time that all dialects have together."""

from __future__ import annotations

from typing import Any

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.errors import TimedOut
from imagedepot.remote.http.answers.answer import Answer
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.hub.api import HubApi
from imagedepot.remote.hub.search import HubSearch
from tests.remote.clients import Clock, KnownLogins


class Hanging(Transport):
    """An upstream that answers nothing: each request takes all the time that it has."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(environment={})
        self.clock = clock
        self.asked: list[str] = []

    def request(self, method: str, url: str, *parts: Any, **named: Any) -> Answer:
        self.asked.append(url)
        self.clock.seconds = named["cancellation"].deadline
        raise TimedOut("no answer")


def test_a_search_of_a_hub_that_hangs_takes_ten_seconds_over_all_its_dialects() -> None:
    clock = Clock()
    began = clock.seconds
    transport = Hanging(clock)
    search = HubSearch(HubApi(transport, KnownLogins()), clock)
    with pytest.raises(TimedOut):
        search.page("nginx", 0, 25, Cancellation(clock=clock))
    assert len({url.partition("?")[0] for url in transport.asked}) == 3, "every dialect had its share"
    assert clock.seconds - began == 10.0
