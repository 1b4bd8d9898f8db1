"""Parses Portainer's app templates: versions 1 (a bare list), 2 and 3, also without a version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from imagedepot.model.image import ImageType
from imagedepot.remote.catalogs.entry import (
    Entry,
    Parsed,
    Row,
    categories_of,
    docker_image,
    read_rows,
    text,
    title_of,
    url_of,
)

_CONTAINERS = (1, "1", "container", None)


def is_list(rows: list[Any]) -> bool:
    """Whether these are templates of version 1, recognised by their keys."""
    return any(isinstance(row, Mapping) and "title" in row and ("image" in row or "repository" in row) for row in rows)


def parse_templates(rows: list[Any], version: object) -> Parsed:
    named = text(str(version), 9) if isinstance(version, str | int) else ""
    return read_rows(f"Portainer v{named}" if named else "Portainer", rows, _read)


def _read(row: Row) -> Iterable[Entry]:
    image, registry = row.get("image"), row.get("registry")
    if not image or row.get("type") not in _CONTAINERS or row.get("platform") == "windows":
        return ()  # stacks, Windows images, and kinds that are not containers
    if isinstance(image, str) and isinstance(registry, str) and registry.strip():
        image = f"{_host_of(registry)}/{image.strip()}"
    name, tag = docker_image(image)
    return (
        Entry(
            ImageType.DOCKER,
            name,
            title_of(row.get("title"), name),
            tag,
            text(row.get("description")),
            url_of(row.get("logo")),
            categories=categories_of(row.get("categories")),
        ),
    )


def _host_of(registry: str) -> str:
    """The registry without the path of its API, as in https://index.docker.io/v1/."""
    bare = registry.strip().rstrip("/")
    return (bare[:-3] if bare.endswith(("/v1", "/v2")) else bare).rstrip("/")
