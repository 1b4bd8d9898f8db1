"""Where blobs are kept on S3: `s3://bucket/prefix?endpoint=https://s3.lan&region=garage&public=https://s3.example`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, urlsplit

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
_REGION = re.compile(r"[A-Za-z0-9-]{1,64}")
_KNOWN = ("endpoint", "region", "public")


@dataclass(frozen=True, slots=True)
class S3Address:
    """`prefix` ends with a slash or is ""; `endpoint`, `region` and `public` are "" where they are not named.

    `endpoint`: the store as this service reaches it; `public`: as clients reach it, who are then redirected there.
    """

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    public: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `ValueError` with the reason."""
        parts = urlsplit(text)
        prefix = parts.path.strip("/")
        if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc) or parts.fragment:
            raise ValueError("not s3://bucket/prefix with a bucket of 3 to 63 small letters, digits, dots and dashes")
        if prefix and (not _PREFIX.fullmatch(prefix) or {".", ".."} & set(prefix.split("/"))):
            raise ValueError("the prefix has letters, digits, dots, dashes, underscores and single slashes alone")
        query = parse_qsl(parts.query, keep_blank_values=True)
        named = dict(query)
        for key, value in query:
            if key not in _KNOWN:
                raise ValueError(f"there is no {key[:50]!r} among {', '.join(_KNOWN)}")
            if len(named) < len(query):
                raise ValueError("an option is named twice")
            if key == "region" and not _REGION.fullmatch(value):
                raise ValueError("the region is not a word such as eu-central-1")
            if key != "region" and not _is_origin(value):
                raise ValueError(f"the {key} is not an http or https address without a path, such as https://s3.lan")
        return cls(parts.netloc, f"{prefix}/" if prefix else "", **{key: value.rstrip("/") for key, value in query})

    def __str__(self) -> str:
        """The place, for people."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/") + (f" at {self.endpoint}" if self.endpoint else "")


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        has_port = parts.port != 0
    except ValueError:
        return False
    is_plain = not parts.username and not parts.query and not parts.fragment and parts.path in ("", "/")
    return parts.scheme in ("http", "https") and bool(parts.hostname) and is_plain and has_port
