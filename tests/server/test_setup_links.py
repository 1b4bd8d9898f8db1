"""The links that start-up prints: what people on the LAN can open."""

from __future__ import annotations

import pytest

from imagedepot.config import load
from imagedepot.server.setup_links import setup_links

NAMES = ["nas", "nas.local", "192.168.1.5", "fd00::5"]


@pytest.mark.parametrize(
    ("settings", "links"),
    [
        (
            {"listen": "0.0.0.0:8080"},
            ["http://nas:8080/setup", "http://nas.local:8080/setup", "http://192.168.1.5:8080/setup"],
        ),
        (
            {"listen": "[::]:80"},
            [
                "http://nas:80/setup",
                "http://nas.local:80/setup",
                "http://192.168.1.5:80/setup",
                "http://[fd00::5]:80/setup",
            ],
        ),
        (
            {"listen": "192.168.1.5:8080"},
            ["http://nas:8080/setup", "http://nas.local:8080/setup", "http://192.168.1.5:8080/setup"],
        ),
        ({"listen": "depot.lan:8080"}, ["http://depot.lan:8080/setup"]),
        (
            {"listen": "depot.lan:8080", "public_url": "https://depot.example", "root_path": "/depot"},
            ["https://depot.example/depot/setup", "http://depot.lan:8080/depot/setup"],
        ),
    ],
    ids=lambda value: value.get("listen") if isinstance(value, dict) else None,
)
def test_there_is_one_for_each_name_and_address_of_the_lan(settings: dict[str, str], links: list[str]) -> None:
    flags = {f"IMAGEDEPOT_{name.upper()}": text for name, text in settings.items()}
    assert list(setup_links(load(flags, environment={}, files=[]), NAMES)) == links
