from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from imagedepot.errors import NotFound
from imagedepot.remote.http.address import OWNER
from imagedepot.service.icons import Icon, Icons
from tests.fakes import delivery, statuses
from tests.fakes.message import Gate
from tests.fakes.web import WebServer
from tests.remote.clients import Clock, transport

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><circle r="1"/></svg>'


class Here:
    def __init__(self, folder: Path, web: WebServer) -> None:
        self.folder = folder / "icons"
        self.web = web
        self.clock = Clock()
        self.clock.seconds = 1_800_000_000.0
        self.icons = self.again()

    def again(self) -> Icons:
        """As after a restart."""
        client = transport(silence_seconds=20.0)
        return Icons(lambda: client, self.folder, self.now, pauses=(0.001,) * 5)

    def now(self) -> float:
        """Files are written at the real time, so tests move away from that."""
        return time.time() + self.clock.seconds - 1_800_000_000.0

    def named(self, path: str, content: bytes) -> str:
        """The key of an icon that a trusted source named."""
        url = self.web.put(path, content)
        self.icons.learn([url], OWNER)
        return self.icons.url(url).rpartition("/")[2]


@pytest.fixture
def here(tmp_path: Path, web: WebServer) -> Here:
    return Here(tmp_path, web)


def test_an_icon_is_fetched_once_and_served_from_here(here: Here) -> None:
    key = here.named("/a.png", PNG)
    assert len(here.web.requests) == 0, "not before somebody looks"
    for _ in range(2):
        icon = here.icons.get(key)
        assert (icon.content, icon.content_type) == (PNG, "image/png")
    assert here.again().get(key).content == PNG
    assert len(here.web.requests) == 1


def test_what_nobody_we_trust_named_has_no_address_here(here: Here) -> None:
    url = here.web.put("/a.png", PNG)
    assert here.icons.url(url) == here.icons.url("") == ""
    for key in ("0" * 32, "", "../named", url):
        with pytest.raises(NotFound):
            here.icons.get(key)
    assert len(here.web.requests) == 0


def test_what_was_named_is_remembered_after_a_restart(here: Here) -> None:
    key = here.named("/a.png", PNG)
    again = here.again()
    assert again.url(f"{here.web.url}/a.png") == f"/api/v1/icons/{key}"
    assert again.get(key).content == PNG


def test_an_icon_of_a_public_source_is_not_fetched_from_this_host(here: Here) -> None:
    url = here.web.put("/a.png", PNG)
    here.icons.learn([url])
    with pytest.raises(NotFound):
        here.icons.get(here.icons.url(url).rpartition("/")[2])
    assert len(here.web.requests) == 0


def test_an_svg_is_made_harmless_and_shut_in(here: Here) -> None:
    icon = here.icons.get(here.named("/a.svg", SVG))
    assert icon.content_type == "image/svg+xml"
    assert b"circle" in icon.content
    assert b"alert" not in icon.content
    assert "sandbox" in Icon(b"", "").headers["Content-Security-Policy"]
    assert icon.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("content", [b"<html>404</html>", b"", b"MZ\x90", b"<svg", PNG + b"x" * (1 << 20)])
def test_what_is_no_icon_is_not_served_and_not_asked_for_again(here: Here, content: bytes) -> None:
    key = here.named("/a.png", content)
    for icons in (here.icons, here.icons, here.again()):
        with pytest.raises(NotFound):
            icons.get(key)
    assert len(here.web.requests) == 1


def test_a_missing_icon_is_asked_for_again_after_a_while(here: Here) -> None:
    rule = here.web.inject(statuses.status(503))
    key = here.named("/a.png", PNG)
    with pytest.raises(NotFound):
        here.icons.get(key)
    here.web.rules.remove(rule)
    here.clock.seconds += 13 * 3600
    assert here.icons.get(key).content == PNG


def test_an_icon_whose_server_rate_limits_us_for_a_moment_is_asked_for_again(here: Here) -> None:
    here.web.inject(statuses.hap429(), times=2)
    assert here.icons.get(here.named("/a.png", PNG)).content == PNG
    assert len(here.web.requests) == 3


def test_an_old_icon_is_renewed_and_stays_when_it_cannot_be(here: Here) -> None:
    key = here.named("/a.png", PNG)
    here.icons.get(key)
    here.clock.seconds += 31 * 86_400
    here.web.inject(statuses.status(503))
    assert here.icons.get(key).content == PNG
    assert len(here.web.requests) == 2


def test_many_who_look_at_once_fetch_it_once(here: Here) -> None:
    gate = Gate()
    here.web.inject(delivery.stalled(gate))
    key = here.named("/a.png", PNG)
    found: list[bytes] = []
    looking = [threading.Thread(target=lambda: found.append(here.icons.get(key).content)) for _ in range(8)]
    for thread in looking:
        thread.start()
    gate.wait_reached()
    gate.open()
    for thread in looking:
        thread.join(60)
    assert found == [PNG] * 8
    assert len(here.web.requests) == 1


def test_addresses_that_are_none_are_not_learnt(here: Here) -> None:
    here.icons.learn(["", "a b", "x\ny", "https://x.example/" + "a" * 5000, "https://x.example/ü"], OWNER)
    assert not (here.folder / "named").exists()


def test_an_icon_of_the_package_is_served_at_once_shut_in_and_not_kept(here: Here) -> None:
    here.icons.learn(["builtin:film", "builtin:nosuchicon", "builtin:../builtin"], OWNER)
    film, missing, outside = (
        here.icons.url(f"builtin:{name}").rpartition("/")[2] for name in ("film", "nosuchicon", "../builtin")
    )
    icon = here.icons.at_hand(film)
    assert icon is not None
    assert icon.content_type == "image/svg+xml"
    assert b"<path" in icon.content
    assert "sandbox" in icon.headers["Content-Security-Policy"]
    assert here.icons.get(film) == icon
    assert list(here.folder.glob("*.picture")) == []
    for key in (missing, outside):
        with pytest.raises(NotFound):
            here.icons.get(key)
