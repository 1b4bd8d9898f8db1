"""Parses rows of Docker Hub's answers, and checks every value."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from imagedepot.errors import AddressNotAllowed, InvalidAnswer, InvalidReference
from imagedepot.model.names.reference import DOCKER_HUB, Reference
from imagedepot.model.text.texts import figure, one_line
from imagedepot.remote.http.address import Address

_log = logging.getLogger(__name__)

_LONGEST_NAME = 255
_LONGEST_ADDRESS = 2048
_MOST_CATEGORIES = 20
_GONE = ("archived", "inactive", "deactivated")
_PUBLISHER = "verified_publisher"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HubImage:
    """A repository of Docker Hub that holds images. `name` is familiar; `icon` a URL or "".

    `is_trusted`: a verified publisher's. `pulls` is None when it is not reported.
    """

    name: str
    description: str = ""
    icon: str = ""
    is_trusted: bool = False
    stars: int = 0
    pulls: int | None = None
    categories: tuple[str, ...] = ()

    @property
    def is_official(self) -> bool:
        return "/" not in self.name


class NoImage(Exception):
    """A valid row whose repository cannot be pulled as an image, or is archived."""


Reader = Callable[[Row], HubImage]


def read_rows(rows: object, read: Reader, what: str) -> list[HubImage]:
    """The images, each once, in the upstream's order; invalid rows are left out, and counted in the log.

    Raises `InvalidAnswer` for what is not a list, and for a list without a valid row.
    """
    if not isinstance(rows, list):
        raise InvalidAnswer(f"Docker Hub answered with something else than {what}")
    found: dict[str, HubImage] = {}
    broken = hidden = 0
    for row in rows:
        try:
            if not isinstance(row, dict):
                raise InvalidReference("no object")
            image = read(row)
            found.setdefault(image.name, image)
        except InvalidReference:
            broken += 1
        except NoImage:
            hidden += 1
    if broken:
        _log.warning("%d of %d rows of %s are unusable and were left out", broken, len(rows), what)
    if broken and not found and not hidden:
        raise InvalidAnswer(f"Docker Hub answered with something else than {what}")
    return list(found.values())


def v4_reader(base: str) -> Reader:
    """The reader of v4 rows. Logos at `base`, the API's URL, need not be on https."""

    def read(row: Row) -> HubImage:
        if row.get("type", "image") != "image" or row.get("archived") is True:
            raise NoImage
        reference = _repository(row.get(key) for key in ("slug", "id", "name"))
        pulls = figure(row.get("raw_pull_count"))
        return HubImage(
            reference.familiar_name,
            one_line(row.get("short_description")),
            _logo(row.get("logo_url"), base),
            row.get("badge") == _PUBLISHER,
            figure(row.get("star_count")) or 0,
            figure(row.get("pull_count")) if pulls is None else pulls,
            _categories(row.get("categories")),
        )

    return read


def read_v2(row: Row) -> HubImage:
    reference = _repository([row.get("repo_name")])
    stars, pulls = figure(row.get("star_count")) or 0, figure(row.get("pull_count"))
    return HubImage(reference.familiar_name, one_line(row.get("short_description")), stars=stars, pulls=pulls)


def read_v1(row: Row) -> HubImage:
    reference = _repository([row.get("name")])
    stars, trusted = figure(row.get("star_count")) or 0, row.get("is_trusted") is True
    return HubImage(reference.familiar_name, one_line(row.get("description")), is_trusted=trusted, stars=stars)


def listed_reader(namespace: str) -> Reader:
    """The reader of a namespace's rows, whose names come without the namespace."""

    def read(row: Row) -> HubImage:
        name = row.get("name")
        owner = row.get("namespace", namespace)
        if not isinstance(name, str) or "/" in name or owner != namespace:
            raise InvalidReference("not of this namespace")
        if row.get("repository_type") not in ("image", None) or row.get("is_private") is True or _is_gone(row):
            raise NoImage
        kinds = row.get("content_types")
        if isinstance(kinds, list) and kinds and "image" not in kinds:
            raise NoImage
        return HubImage(
            _repository([f"{namespace}/{name}"]).familiar_name,
            one_line(row.get("description")),
            stars=figure(row.get("star_count")) or 0,
            pulls=figure(row.get("pull_count")),
            categories=_categories(row.get("categories")),
        )

    return read


def _is_gone(row: Row) -> bool:
    return row.get("archived") is True or row.get("status_description") in _GONE


def _repository(names: Iterable[object]) -> Reference:
    """The first name that is a repository of Docker Hub, without tag or digest. Raises `InvalidReference`."""
    for name in names:
        if not isinstance(name, str) or not name or len(name) > _LONGEST_NAME or ":" in name or "@" in name:
            continue
        try:
            reference = Reference.parse(name)
        except InvalidReference:
            continue
        if reference.registry == DOCKER_HUB and reference.repository.count("/") == 1:
            return reference
    raise InvalidReference("no repository of Docker Hub")


def _logo(value: object, base: str) -> str:
    """The address of a picture; where it leads is checked again when it is fetched."""
    sizes = value if isinstance(value, dict) else {}
    for url in (sizes.get("large"), sizes.get("small")):
        if not isinstance(url, str) or not url or len(url) > _LONGEST_ADDRESS:
            continue
        try:
            address = Address.of(url)
        except AddressNotAllowed:
            continue
        if address.scheme == "https" or address == Address.of(base):
            return url
    return ""


def _categories(value: object) -> tuple[str, ...]:
    rows = value if isinstance(value, list) else []
    names = [one_line(row.get("name"), 100) for row in rows[:_MOST_CATEGORIES] if isinstance(row, dict)]
    return tuple(name for name in names if name)
