"""From the text of a setting to its value; each function raises ValueError with the reason when the text is wrong.

A reason reads on after the setting's name: "not a number from 1 to 64".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from imagedepot.errors import InvalidReference
from imagedepot.model.names.postgres_address import PostgresAddress
from imagedepot.model.names.reference import is_host
from imagedepot.model.names.s3_address import S3Address
from imagedepot.model.names.upstreams import Upstream, Upstreams
from imagedepot.model.platform import Platform
from imagedepot.model.stores import EMBEDDED

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_AMOUNT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?(|k|m|g|t|ki|mi|gi|ti)b(?:/s)?", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]{1,15}")
_SLOWEST = 1000
_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")
_ROOT_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_HEADER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_OTHER_HEADERS = {"authorization", "cookie", "host", "origin", "forwarded", "content-length", "content-type", "accept"}
_LONGEST_TEXT = 500
_LONGEST_PEM = 4 << 20


@dataclass(frozen=True, slots=True)
class Address:
    """Where the service listens. `host` is without the brackets of IPv6."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    if not is_host(text) or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("not an address and port such as 127.0.0.1:8080")
    return Address(host.strip("[]"), int(port))


def folder(text: str) -> Path:
    path = _path(text)
    try:
        is_other = path.exists() and not path.is_dir()
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    if is_other:
        raise ValueError("not a folder")
    return path


def file(text: str) -> Path | None:
    """A path, which is not checked here; None for no text."""
    return _path(text) if text else None


def pem(text: str) -> Path | None:
    """A readable PEM file; None for no text."""
    if not text:
        return None
    path = _path(text)
    try:
        with path.open("rb") as opened:
            content = opened.read(_LONGEST_PEM)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    if b"-----BEGIN " not in content:
        raise ValueError("not a PEM file (it has no line -----BEGIN …)")
    return path


def url(text: str) -> str | None:
    """An http or https address without a slash at its end; None for no text."""
    if not text:
        return None
    _check_url(text)
    return text.rstrip("/")


def origin(text: str) -> str:
    """An http or https address without a path; "" for no text."""
    found = url(text)
    if found is not None and urlsplit(found).path:
        raise ValueError(
            "not an address without a path, such as https://depot.example: clients ask for /v2/ at its root"
        )
    return found or ""


def origins(text: str) -> tuple[str, ...]:
    """Addresses without a path, comma-separated; a bare `host[:port]` means https."""
    return tuple(dict.fromkeys(origin(item if "://" in item else f"https://{item}").lower() for item in _items(text)))


def blobs(text: str) -> S3Address | None:
    """Where a bucket is; None for the data folder."""
    return S3Address.parse(text) if text else None


def database(text: str) -> PostgresAddress | None:
    """Where PostgreSQL is; None for a file in the data folder."""
    return PostgresAddress.parse(text) if text else None


def docker_store(text: str) -> str:
    if text in (EMBEDDED, "engine") or _is_socket(text):
        return text
    parts = urlsplit(text)
    if parts.scheme == "tcp" and parts.netloc and is_host(parts.netloc) and parts.path in ("", "/"):
        return text
    raise ValueError("not embedded, engine, or an address such as unix:///var/run/docker.sock or tcp://127.0.0.1:2375")


def lxc_store(text: str) -> str:
    if text in (EMBEDDED, "engine") or _is_socket(text):
        return text
    raise ValueError("not embedded, engine, or a socket such as unix:///var/lib/incus/unix.socket")


def platform(text: str) -> Platform:
    try:
        return Platform.parse(text)
    except InvalidReference as error:
        raise ValueError("not a platform such as linux/arm64/v8") from error


def hosts(text: str) -> tuple[str, ...]:
    """`host[:port]`, comma-separated."""
    named = _items(text)
    for host in named:
        if not is_host(host):
            raise ValueError(f"{host!r} is not a host or host:port")
    return named


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks (`192.168.1.2`, `172.18.0.0/16`), comma-separated."""
    found = []
    for item in _items(text):
        try:
            network = ip_network(item)
        except ValueError as error:
            raise ValueError(f"{item!r} is not an address or a network such as 172.18.0.0/16: {error}") from error
        if network.prefixlen == 0:
            raise ValueError(f"{item} covers every address")
        found.append(network)
    return tuple(found)


def header(text: str) -> str:
    """The name of a header that a proxy may set."""
    if not _HEADER.fullmatch(text):
        raise ValueError("not the name of a header such as Remote-User")
    if text.lower() in _OTHER_HEADERS or text.lower().startswith(("sec-", "x-forwarded-for")):
        raise ValueError("a header that has another meaning")
    return text


def text(text: str) -> str:
    """One line of printable characters."""
    if not text.isprintable() or len(text) > _LONGEST_TEXT:
        raise ValueError("not one line of printable characters")
    return text.strip()


def names(text: str) -> tuple[str, ...]:
    """Comma-separated."""
    return _items(text)


def upstreams(text: str) -> tuple[Upstream, ...]:
    """`host` or `alias=https://host:port[/prefix]`, comma-separated; beside the built-in ones."""
    named = tuple(Upstream.parse(item) for item in _items(text))
    Upstreams(named)  # no two of one alias
    return named


def catalogs(text: str) -> tuple[str, ...]:
    """`builtin`, http(s) addresses and absolute paths of files, comma-separated."""
    named = _items(text)
    for catalog in named:
        if "://" in catalog:
            _check_url(catalog)
        elif catalog != "builtin" and (not catalog.startswith("/") or "\0" in catalog):
            raise ValueError(f"{catalog!r} is neither builtin, nor an http(s) address, nor the absolute path of a file")
    return named


def rate(text: str) -> int | None:
    """Bytes a second; None for no cap."""
    if text.lower() in ("", "0", "none"):
        return None
    amount = _amount(text)
    if amount is None:
        raise ValueError(f'"{text[:60]}" is not a speed. Enter for example 20MB/s, or leave it empty for no limit')
    if amount < _SLOWEST:
        raise ValueError("a limit below 1kB/s would stop every download")
    return amount


def space(text: str) -> int:
    """Bytes, such as 50GB; 0 for none."""
    if text == "0":
        return 0
    amount = None if text.lower().endswith("/s") else _amount(text)
    if amount is None:
        raise ValueError("not an amount such as 50GB (or 0)")
    return amount


@dataclass(frozen=True, slots=True)
class Number:
    """Parses a whole number from `lowest` to `highest`."""

    lowest: int
    highest: int

    def __call__(self, text: str) -> int:
        if not _DIGITS.fullmatch(text) or not self.lowest <= int(text) <= self.highest:
            raise ValueError(f"not a number from {self.lowest} to {self.highest}")
        return int(text)


def yes_no(text: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise ValueError("neither yes nor no")


def one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.lower() not in allowed:
            raise ValueError(f"not one of {', '.join(allowed)}")
        return text.lower()

    return parse


def root_path(text: str) -> str:
    """`""` or `/depot`, without a slash at its end."""
    path = text.rstrip("/")
    if not _ROOT_PATH.fullmatch(path) or any(part in (".", "..") for part in path.split("/")):
        raise ValueError("not a path prefix such as /depot")
    return path


def _amount(text: str) -> int | None:
    """Bytes; None for text that is not an amount, or has too many digits."""
    match = _AMOUNT.fullmatch(text)
    return int(float(match[1]) * _UNITS[match[2].lower()]) if match else None


def _path(text: str) -> Path:
    if "\0" in text:
        raise ValueError("not a path")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise ValueError("not a path: ~ is followed by no user of this machine") from error


def _items(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for part in text.split(",") if (item := part.strip())))


def _check_url(text: str) -> None:
    try:
        parts = urlsplit(text)
        named = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        named = False
    if not named or any(character.isspace() for character in text):
        raise ValueError("not an http(s) address such as https://registry.lan:5000")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("an address here carries no user, query or fragment")


def _is_socket(text: str) -> bool:
    return text.startswith("unix:///") and "\0" not in text and len(text) > len("unix:///")
