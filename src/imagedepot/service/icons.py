"""Icons of catalogs and of Docker Hub, fetched once, checked, kept and served from our own address.

DATA_DIR/cache/icons/
  named             one line for each address that a trusted source named: by whom it was named, and the address
  <key>.picture     what was fetched, fit to be served; the key is a hash of the address
  <key>.none        there was nothing fit; not asked again until it is old

Requests never name an address: one that no trusted source has named has no key. An icon of this package
(`builtin:film`) is read where it is, and neither fetched nor kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, DepotError, NotFound, StorageFailure
from imagedepot.files.atomic import write_whole
from imagedepot.remote.catalogs.builtin_icons import builtin_icon, is_builtin
from imagedepot.remote.http.address import AddressSource, Zone, redacted
from imagedepot.remote.http.backoff import PAUSES, backing_off

if TYPE_CHECKING:
    from imagedepot.remote.http.transport import Transport

ADDRESS = "/api/v1/icons/"
_LARGEST = 1 << 20
_LONGEST_SECONDS = 20.0
_MOST_NAMED = 20_000
_LONGEST_URL = 2048
_ROOM = 128 << 20
_PICTURE_DAYS = 30
_NONE_HOURS = 12
_UNKNOWN_SOURCE = AddressSource("https", Zone.PUBLIC)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Icon:
    """Serve it with `headers`: an SVG that is opened on its own must not be able to run anything."""

    content: bytes
    content_type: str
    headers: Mapping[str, str] = field(
        default_factory=lambda: {
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=86400",
        }
    )


class Icons:
    """The icons, by key. `transport` is called when one is fetched, not before.

    `clock` in seconds since 1970, like the times of files; `pauses`: as for `backing_off`.
    """

    def __init__(
        self,
        transport: Callable[[], Transport],
        folder: Path,
        clock: Callable[[], float] = time.time,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._transport = transport
        self._pauses = pauses
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._fetching: dict[str, threading.Lock] = {}
        self._named: dict[str, tuple[str, AddressSource]] = {}  # by key
        self._keys: dict[str, str] = {}  # by address
        self._load()

    def learn(self, urls: Iterable[str], given_by: AddressSource = _UNKNOWN_SOURCE) -> None:
        """Remember addresses of icons, and the catalog or hub (`given_by`) that gave them to us."""
        new = [url for url in urls if url and url not in self._keys and _is_line(url)]
        if not new:
            return
        with self._lock:
            lines = []
            for url in dict.fromkeys(new):
                if len(self._keys) >= _MOST_NAMED:
                    self._forget_oldest()
                self._name(url, given_by)
                lines.append(f"{given_by} {url}\n")
            with contextlib.suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
                with (self._folder / "named").open("a", encoding="utf-8") as file:
                    file.writelines(lines)

    def url(self, upstream_icon_url: str) -> str:
        """Our own address of an icon; "" when no trusted source has named it."""
        key = self._keys.get(upstream_icon_url)
        return f"{ADDRESS}{key}" if key else ""

    def at_hand(self, key: str) -> Icon | None:
        """The icon if it is here; None where it has to be fetched. Raises `NotFound`."""
        url, _ = self._of(key)
        if is_builtin(url):
            return _icon(_from_package(url))
        kept = self._kept(key)
        return None if kept is None else _icon(kept)

    def host(self, key: str) -> str:
        """The host that the icon has to be fetched from. Raises `NotFound`."""
        return urlsplit(self._of(key)[0]).netloc

    def get(self, key: str, cancellation: Cancellation | None = None) -> Icon:
        """The icon, fetched by the first caller. Raises `NotFound`, also for what turns out not to be a picture."""
        cancellation = cancellation or Cancellation()
        url, given_by = self._of(key)
        if is_builtin(url):
            return _icon(_from_package(url))
        with self._lock:
            turn = self._fetching.setdefault(key, threading.Lock())
        with cancellation.acquired(turn):
            kept = self._kept(key)
            if kept is None:
                kept = self._fetch(key, url, given_by, cancellation)
        with self._lock:
            self._fetching.pop(key, None)
        return _icon(kept)

    def _of(self, key: str) -> tuple[str, AddressSource]:
        named = self._named.get(key)
        if named is None:
            raise NotFound("There is no such icon")
        return named

    def _kept(self, key: str) -> bytes | None:
        """The kept icon; b"" for a remembered failure, None when it is time to fetch it."""
        now = self._clock()
        for suffix, age in (("picture", _PICTURE_DAYS * 86_400), ("none", _NONE_HOURS * 3600)):
            path = self._folder / f"{key}.{suffix}"
            with contextlib.suppress(OSError):
                if now - path.stat().st_mtime < age:
                    content = _picture(path) if suffix == "picture" else b""
                    if content is not None:
                        return content
        return None

    def _fetch(self, key: str, url: str, given_by: AddressSource, cancellation: Cancellation) -> bytes:
        """Fetch the icon; if that fails, an old picture stays."""
        try:
            content = backing_off(lambda: self._asked(url, given_by, cancellation), cancellation, self._pauses)
        except Cancelled:
            raise  # the client left; that says nothing about the picture
        except DepotError as error:
            _log.info("the icon %s cannot be had: %s", redacted(url), error)
            content = b""
            with contextlib.suppress(OSError):
                content = _picture(self._folder / f"{key}.picture") or b""
        try:
            write_whole(self._folder / f"{key}.{'picture' if content else 'none'}", content, synced=False)
            self._make_room()
        except (OSError, StorageFailure) as error:
            _log.warning("an icon could not be kept: %s", error)
        return content

    def _asked(self, url: str, given_by: AddressSource, cancellation: Cancellation) -> bytes:
        from imagedepot.remote.http.files import allowed
        from imagedepot.remote.http.retry_after import rate_limited, retry_after
        from imagedepot.remote.pictures import SVG, harmless, media_type

        transport = self._transport()
        address = allowed(url, transport, given_by)
        with transport.request("GET", address, given_by=given_by, cancellation=cancellation) as answer:
            if answer.status == 429:
                now = datetime.now(UTC)
                raise rate_limited("", answer.where, retry_after(answer, "", now), now)
            if answer.status != 200:
                raise NotFound(f"{answer.where} answered {answer.status}")
            content = answer.read(_LARGEST, _LONGEST_SECONDS)
        kind = media_type(content)
        if kind is None:
            raise NotFound("it is not a picture")
        return harmless(content) if kind == SVG else content

    def _make_room(self) -> None:
        """Delete pictures, the oldest first, until what is left takes at most half of the room."""
        pictures = [(path.stat(), path) for path in self._folder.glob("*.picture")]
        total = sum(about.st_size for about, _ in pictures)
        if total <= _ROOM:
            return
        for about, path in sorted(pictures, key=lambda pair: pair[0].st_mtime):
            path.unlink(missing_ok=True)
            total -= about.st_size
            if total <= _ROOM // 2:
                return

    def _load(self) -> None:
        try:
            lines = (self._folder / "named").read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return
        for line in lines[-_MOST_NAMED:]:
            scheme, _, rest = line.partition(" ")
            zone, _, url = rest.partition(" ")
            if url and _is_line(url):
                self._name(url, AddressSource.parse(f"{scheme} {zone}"))
        if len(lines) > 2 * _MOST_NAMED:
            with contextlib.suppress(OSError):
                (self._folder / "named").write_text("".join(f"{line}\n" for line in lines[-_MOST_NAMED:]))

    def _name(self, url: str, given_by: AddressSource) -> None:
        key = hashlib.sha256(url.encode()).hexdigest()[:32]
        self._keys[url] = key
        self._named[key] = (url, given_by)

    def _forget_oldest(self) -> None:
        url = next(iter(self._keys))
        del self._named[self._keys.pop(url)]


def _icon(kept: bytes) -> Icon:
    from imagedepot.remote.pictures import SVG, media_type  # late, as in `_asked`: commands only name icons

    if not kept:
        raise NotFound("The icon cannot be fetched")
    return Icon(kept, media_type(kept) or SVG)


def _from_package(address: str) -> bytes:
    """An icon of the package, checked as an SVG from elsewhere; b"" where there is none of that name."""
    from imagedepot.remote.pictures import harmless  # late, as in `_asked`

    content = builtin_icon(address)
    return harmless(content) if content else b""


def _picture(path: Path) -> bytes | None:
    """The picture in a file; None if it is not one any more."""
    from imagedepot.remote.pictures import media_type  # late, as in `_asked`

    content = path.read_bytes()
    return content if media_type(content) else None


def _is_line(url: str) -> bool:
    return len(url) <= _LONGEST_URL and url.isascii() and url.isprintable() and " " not in url
