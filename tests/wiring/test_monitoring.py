"""The names under which upstreams are counted: those of the settings, and no others."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from imagedepot.config import load
from imagedepot.wiring.in_force import InForce
from imagedepot.wiring.served.monitoring import UpstreamNames


def in_force(settings: Mapping[str, str]) -> InForce:
    return InForce(load({f"IMAGEDEPOT_{name}": text for name, text in settings.items()}, {"HOME": "/home/ada"}, ()))


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("registry-1.docker.io", "docker.io"),
        ("auth.docker.io", "docker.io"),
        ("hub.docker.com", "hub.docker.com"),
        ("ghcr.io", "ghcr.io"),
        ("images.linuxcontainers.org", "images.linuxcontainers.org"),
        ("registry.lan:5000", "registry.lan:5000"),
        ("mirror.lan:5001", "docker.io"),
        ("catalogs.example", "catalogs.example"),
        ("insecure.lan:5000", "insecure.lan:5000"),
        ("evil.example", "other"),
        ("registry.lan", "other"),
        ("", "other"),
    ],
)
def test_hosts_of_the_settings_have_a_name(host: str, name: str) -> None:
    names = UpstreamNames(
        in_force(
            {
                "UPSTREAMS": "lan.test=https://registry.lan:5000/proxy",
                "REGISTRY_URL": "http://mirror.lan:5001",
                "CATALOGS": "builtin,https://Catalogs.example/list.json,/etc/catalog.json",
                "INSECURE_REGISTRIES": "insecure.lan:5000",
            }
        )
    )
    assert names.find(host) == name


def test_a_setting_that_changes_at_run_time_counts_at_once() -> None:
    now = in_force({})
    names = UpstreamNames(now)
    assert names.find("registry.lan:5000") == "other"
    now.replace(now.now.with_runtime({"IMAGEDEPOT_UPSTREAMS": "lan.test=https://registry.lan:5000"}))
    assert names.find("registry.lan:5000") == "registry.lan:5000"
