"""What people type, and what they mean by it: on the catalog that comes with the product."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from imagedepot.service.finding.relevance import Texts, ranked

CATALOG = json.loads((files("imagedepot.remote.catalogs") / "builtin.json").read_bytes())["images"]
ROWS = sorted(
    (
        Texts(
            row["title"], name := row.get("image", row["title"]).partition(":")[0], row["description"], "/" not in name
        )
        for row in CATALOG
    ),
    key=lambda row: row.name,
)


def titles(sought: str, rows: list[Texts] = ROWS) -> list[str]:
    return [row.title for row in ranked(rows, sought, lambda row: row)]


@pytest.mark.parametrize(
    ("sought", "first"),
    [
        ("jellyfin", "Jellyfin"),
        ("Jelly", "Jellyfin"),
        ("jellyfn", "Jellyfin"),
        ("jelylfin", "Jellyfin"),
        ("home", "Home Assistant"),
        ("home assistant", "Home Assistant"),
        ("homeassistant", "Home Assistant"),
        ("hass assistant", None),
        ("post", "PostgreSQL"),
        ("postgres", "PostgreSQL"),
        ("postgresql", "PostgreSQL"),
        ("pihole", "Pi-hole"),
        ("pi-hole", "Pi-hole"),
        ("pi hole", "Pi-hole"),
        ("nginx", "nginx"),
        ("nginx proxy", "Nginx Proxy Manager"),
        ("proxy manager", "Nginx Proxy Manager"),
        ("vault", "Vaultwarden"),
        ("bitwarden", "Vaultwarden"),
        ("redis", "Redis"),
        ("mongo", "MongoDB"),
        ("mariadb", "MariaDB"),
        ("mysql", "MariaDB"),
        ("grafna", "Grafana"),
        ("promethues", "Prometheus"),
        ("nextcloud", "Nextcloud"),
        ("next cloud", "Nextcloud"),
        ("nextclod", "Nextcloud"),
        ("paperless", "Paperless-ngx"),
        ("photo", "PhotoPrism"),
        ("immich", "Immich"),
        ("adguard", "AdGuard Home"),
        ("wireguard", "WireGuard Easy"),
        ("git", "Gitea"),
        ("gitlab", "GitLab"),
        ("uptime", "Uptime Kuma"),
        ("kuma", "Uptime Kuma"),
        ("node red", "Node-RED"),
        ("nod red", "Node-RED"),
        ("traefk", "Traefik"),
        ("media server", "Plex Media Server"),
        ("ubuntu 22", "Ubuntu 22.04 LTS (jammy)"),
        ("alpine", "Alpine Linux 3.22"),
        ("debian", "Debian 13 (trixie)"),
        ("minecraft", "Minecraft server"),
        ("ÉLEMENT", "Element"),
        ("gitx", None),
    ],
)
def test_the_first_hit_is_what_was_meant(sought: str, first: str | None) -> None:
    assert next(iter(titles(sought)), None) == first


def test_an_exact_title_comes_before_prefixes_words_names_descriptions() -> None:
    rows = [
        Texts("Says much", "lab/a", "A base for a sun of suns"),
        Texts("Elsewhere", "lab/sunny"),
        Texts("The Sun Clock", "lab/b"),
        Texts("Sunflower", "lab/c"),
        Texts("Sun", "lab/d"),
    ]
    assert titles("sun", rows) == ["Sun", "Sunflower", "The Sun Clock", "Elsewhere", "Says much"]


def test_of_equals_a_whole_word_a_curated_image_and_more_pulls_come_first() -> None:
    rows = [
        Texts("Postfixadmin", "a/postfixadmin", pulls=10**9),
        Texts("Postbox", "b/postbox", pulls=5),
        Texts("PostgreSQL", "postgres", is_curated=True),
        Texts("Post Office", "c/post"),
    ]
    assert titles("post", rows) == ["Post Office", "PostgreSQL", "Postfixadmin", "Postbox"]


def test_a_typo_is_forgiven_only_where_nothing_has_the_word_in_its_title_or_name() -> None:
    rows = [Texts("Redis", "redis"), Texts("Redin", "lab/redin")]
    assert titles("redin", rows) == ["Redin"]
    assert titles("redim", rows) == ["Redis", "Redin"]
    assert titles("redxx", rows) == []


@pytest.mark.parametrize("sought", ["", "  ", "-", "…", "\x00"])
def test_nothing_is_found_by_no_word(sought: str) -> None:
    assert titles(sought) == []
