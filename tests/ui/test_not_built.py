"""An installation without the web UI, as `pip install .` makes it where there is no Node."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from imagedepot import ui
from imagedepot.ui.mount import WebUi


def test_it_says_so_at_every_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        ui.mount(Starlette(), static=tmp_path)
    assert caplog.messages == ["this installation has no web UI: there was no Node to build it with"]


@pytest.mark.parametrize("path", ["", "images"])
def test_every_page_says_so(tmp_path: Path, path: str) -> None:
    request = Request({"type": "http", "method": "GET", "headers": [], "path_params": {"path": path}})
    # On a thread of its own: Playwright's loop may be running in this one.
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(asyncio.run, WebUi(tmp_path, "").answer(request)).result()
    assert answer.status_code == 503
    assert b"The web UI is not built" in answer.body
