"""A recommended image, in whatever format its catalog is; and how rows are read.

Catalogs are not trusted: texts are cleaned and capped here, and an invalid row is skipped without affecting the
others (`docs/catalogs.md`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any

from imagedepot.errors import AddressNotAllowed, InvalidReference
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageType, RemoteFile, titled
from imagedepot.model.names.pasted import as_reference
from imagedepot.model.names.reference import Reference, is_explicit, is_tag
from imagedepot.model.platform import Platform
from imagedepot.model.text.texts import one_line

LATEST = "latest"
MOST_ROWS = 50_000
_LONGEST_TITLE = 200
_LONGEST_NAME = 255
_LONGEST_URL = 2048
_MOST_CATEGORIES = 20
_LARGEST_NUMBER = 1e18
_URL = re.compile(r"https?://[!-.0->A-~]+(?:[/?][!-~]*)?")
_DEBIAN_NAMES = frozenset({"amd64", "arm64", "armhf", "armel", "i386", "ppc64el", "s390x", "riscv64"})
# Names that `Reference.parse` would not change, as in most rows.
_PLAIN = re.compile(r"(?!library/)[a-z0-9]{1,40}(?:[_-][a-z0-9]{1,40})?/[a-z0-9]{1,40}(?:[._-][a-z0-9]{1,40}){0,3}")
_ARCHITECTURE = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")

Row = Mapping[str, Any]


class Section(Enum):
    """Where a catalog wants an image listed."""

    APP_CENTER = "app center"
    OFFICIAL = "official"


class BadRow(Exception):
    """An invalid row; the others may be valid."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files of an LXC image, and what is known of them: see `ResolvedLxc`."""

    files: tuple[RemoteFile, ...]
    fingerprint: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict, hash=False)
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """`name` is familiar and has no tag; `title` has no version. `architecture` in Debian's words, "" when unknown.

    `version` is a docker image's tag or digest, or the version of an LXC image as shown. `size` in bytes as text.
    `section`: where the catalog wants it listed, None when that is left to us. `files`: of an LXC image; None when they
    have to be looked up at an image server.
    """

    type: ImageType
    name: str
    title: str
    version: str = LATEST
    description: str = ""
    icon: str = ""
    location: str = ""
    architecture: str = ""
    size: str = ""
    categories: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    section: Section | None = None
    files: Files | None = None

    @property
    def row_name(self) -> str:
        """The name in rows: with the version for docker, unless that is the default one."""
        if self.type is ImageType.LXC or self.version == LATEST:
            return self.name
        return titled(self.type, self.name, self.version)

    @property
    def row_title(self) -> str:
        return self.title if self.version == LATEST or ":" in self.version else f"{self.title} {self.version}"


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed catalog. `skipped` rows were invalid; `left_out` rows are valid, but not images that we support."""

    format: str
    entries: tuple[Entry, ...]
    title: str = ""
    skipped: int = 0
    left_out: int = 0


def read_rows(format_: str, rows: Iterable[Any], read: Callable[[Row], Iterable[Entry]], title: str = "") -> Parsed:
    """Read all rows.

    `read` returns the entries of one row, none for what we do not support, and raises for a bad one.
    """
    entries: list[Entry] = []
    skipped = left_out = 0
    for number, row in enumerate(rows):
        if number >= MOST_ROWS:
            skipped += 1
            continue
        try:
            if not isinstance(row, Mapping):
                raise BadRow("not an object")
            found = tuple(read(row))
        except (BadRow, InvalidReference, AddressNotAllowed):
            skipped += 1
            continue
        entries.extend(found)
        left_out += not found
    return Parsed(format_, tuple(entries), title, skipped, left_out)


def docker_image(image: object, version: object = "") -> tuple[str, str]:
    """Familiar name and tag of a row's `image`, which may also be a URL. Raises `BadRow`, `InvalidReference`."""
    if not isinstance(image, str) or not image:
        raise BadRow("no image")
    tag = text(version, 128)
    if tag and _PLAIN.fullmatch(image) and is_tag(tag):
        return image, tag
    image = as_reference(image)
    reference = Reference.parse(image)
    if is_explicit(image) or not tag:
        return reference.familiar_name, reference.label
    if not is_tag(tag):
        raise BadRow("its version is no tag")
    return reference.familiar_name, tag


def lxc_name(value: object) -> str:
    """The valid name of an LXC image. Raises `BadRow`."""
    if not isinstance(value, str) or len(value) > _LONGEST_NAME:
        raise BadRow("no name")
    value = value.strip()
    if not all(is_tag(part.replace("+", "_")) for part in value.split("/")):
        raise BadRow("not a name")
    return value


def text(value: object, longest: int = 2000) -> str:
    """A text as one clean line, fast for the many that are one already. A number of at most 18 digits becomes them."""
    if isinstance(value, str) and len(value) <= longest and value.isascii() and value.isprintable():
        return value.strip()
    # False for NaN too, and without making a float of an int that may have thousands of digits.
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST_NUMBER:
        value = str(value)
    return one_line(value, longest).strip()


def title_of(value: object, name: str) -> str:
    return text(value, _LONGEST_TITLE) or name


def url_of(value: object) -> str:
    """An http(s) URL to show or to fetch an icon from, "" for anything else; it is checked again when it is fetched."""
    address = value.strip() if isinstance(value, str) and len(value) <= _LONGEST_URL else ""
    return address if _URL.fullmatch(address) else ""


def categories_of(value: object) -> tuple[str, ...]:
    texts = [text(each, 100) for each in value[:_MOST_CATEGORIES]] if isinstance(value, list) else []
    return tuple(dict.fromkeys(each for each in texts if each))


def checksum_of(row: Row) -> Digest | None:
    """The checksum; None without one. A malformed one makes the row invalid, so that no image goes unchecked."""
    value = row.get("sha256")
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise BadRow("its checksum is no text")
    return Digest.parse(f"sha256:{value.strip().lower().removeprefix('sha256:')}")


def architecture_of(value: object) -> str:
    return _architecture(value) if isinstance(value, str) else ""


@lru_cache(256)
def _architecture(value: str) -> str:
    name = value[:80].strip().lower()
    if name in _DEBIAN_NAMES:
        return name
    return Platform.of("linux", name).debian if _ARCHITECTURE.fullmatch(name) else ""
