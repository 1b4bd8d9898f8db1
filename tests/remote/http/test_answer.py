from __future__ import annotations

import pytest

from imagedepot.errors import TimedOut
from tests.fakes.web import WebServer
from tests.remote.clients import transport


def test_an_answer_that_trickles_is_not_waited_for_for_ever(web: WebServer) -> None:
    answer = transport().request("GET", web.put("/a", b"x" * 100))
    with pytest.raises(TimedOut, match=r"127\.0\.0\.1:\d+ takes too long for one answer"):
        answer.read(1000, within=0.0)
