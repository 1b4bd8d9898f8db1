"""Where rows are kept on PostgreSQL: `postgresql://user:password@db.lan:5432/imagedepot?sslmode=verify-full`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, unquote

_SCHEMES = ("postgresql", "postgres")
_OPTIONS = (
    "host",  # also the folder of a Unix socket
    "port",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "passfile",
    "target_session_attrs",
    "options",
)
_HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """`uri` is for PostgreSQL's own library and may have a password, so it is never shown; `str()` is for people.

    `password_file` has the password in its first line, in place of one in the address.
    """

    uri: str = field(repr=False)
    place: str
    password_file: Path | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `ValueError` with the reason, which repeats nothing of the text."""
        scheme, found, rest = text.partition("://")
        if scheme not in _SCHEMES or not found:
            raise ValueError("not an address such as postgresql://user@db.lan/imagedepot")
        if not text.isascii() or not text.isprintable() or " " in text or "#" in text:
            raise ValueError("characters that an address cannot have are written as %20 and the like")
        where, _, query = rest.partition("?")
        authority, _, name = where.partition("/")
        host = authority.rpartition("@")[2]
        if not name or "/" in name or "@" in name:
            raise ValueError("it names no database, as postgresql://user@db.lan/imagedepot does")
        options = parse_qsl(query, keep_blank_values=True)
        unknown = next((key for key, _ in options if key not in _OPTIONS), None)
        if unknown is not None:
            raise ValueError(f"there is no option {unknown[:30]!r} among {', '.join(_OPTIONS)}")
        host = host or dict(options).get("host", "") or "localhost"
        return cls(text, f"postgresql://{host}/{unquote(name)}")

    def __str__(self) -> str:
        return self.place

    @property
    def has_password(self) -> bool:
        return ":" in self.uri.partition("://")[2].partition("/")[0].rpartition("@")[0]


def without_password(text: str) -> str:
    """What may be shown of an address, also of a wrong one: neither user and password, nor options."""
    scheme, _, rest = text.partition("://")
    if scheme not in _SCHEMES:
        return _HIDDEN if text else ""
    start, _, rest = rest.rpartition("@")
    place, asked, _ = rest.partition("?")
    return f"{scheme}://{f'{_HIDDEN}@' if start else ''}{place}{f'?{_HIDDEN}' if asked else ''}"
